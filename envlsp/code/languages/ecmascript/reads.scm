; process.env.NAME
(member_expression
  object: (_) @environment
  property: (property_identifier) @property) @read

; process.env["NAME"]
(subscript_expression
  object: (_) @environment
  index: [(string) (template_string)] @name) @read

; Deno.env.get("NAME")
(call_expression
  function: [(identifier) (member_expression)] @reader
  arguments: (arguments . [(string) (template_string)] @name)) @read

; "NAME" in process.env
(binary_expression
  left: [(string) @name (parenthesized_expression . (string) @name)]
  operator: "in"
  right: (_) @environment) @asked

; const env = process.env
(variable_declarator name: (identifier) @local value: (_) @value)
(assignment_expression left: (identifier) @local right: (_) @value)
(assignment_pattern left: (identifier) @local right: (_) @value)

; const { NAME } = process.env
(variable_declarator name: (object_pattern) @pattern value: (_) @value)
(assignment_expression left: (object_pattern) @pattern right: (_) @value)
(assignment_pattern left: (object_pattern) @pattern right: (_) @value)

; import { env } from "node:process"
(import_statement) @import
