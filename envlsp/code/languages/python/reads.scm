; os.environ["NAME"]
(subscript
  value: [(identifier) (attribute)] @environment
  subscript: (string) @name) @read

; os.getenv("NAME", default), os.environ.get("NAME")
(call
  function: [(identifier) (attribute)] @reader
  arguments: (argument_list . (string) @name)) @read

; "NAME" in os.environ
(comparison_operator
  . [(string) @name (parenthesized_expression . (string) @name)]
  operators: ["in" "not in"]
  . [(identifier) (attribute) (parenthesized_expression) (call)] @environment) @asked

; e = os.environ
(assignment left: (identifier) @local right: (_) @value)
(named_expression name: (identifier) @local value: (_) @value)
(default_parameter name: (identifier) @local value: (_) @value)
(typed_default_parameter name: (identifier) @local value: (_) @value)

; import os as o, from os import environ as e
(import_statement) @import
(import_from_statement) @import
