vim9script
# What others use of this plug-in: the words of the status line, and the commands.
import autoload './envlsp/commands.vim'
import autoload './envlsp/standing.vim'

# The words of the status line about the buffer: `%{envlsp#Statusline()}`.
export def Statusline(): string
  return standing.Line()
enddef

# Run a command of the server about the buffer, as `:Env` does.
export def Run(verb: string, argument: dict<any> = {})
  commands.Verb(verb, argument)
enddef
