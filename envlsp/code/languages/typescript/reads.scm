; function connect(env = process.env)
(required_parameter pattern: (identifier) @local value: (_) @value)
(required_parameter pattern: (object_pattern) @pattern value: (_) @value)
