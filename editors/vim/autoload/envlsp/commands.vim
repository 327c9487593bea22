vim9script
# What `:Env…` does: reads the words, runs one command of the server, shows what it answered in its words.
import autoload './ask.vim'
import autoload './documents.vim'
import autoload './results.vim'
import autoload './server.vim'
import autoload './values.vim'
import autoload './verbs.vim'

# Do what `:Env{name} {words}` says.
export def Run(name: string, words: list<string>, bang: bool)
  timer_start(0, (_) => Forget())
  const [verb, left] = verbs.Meant(name, words)
  if !verb->has_key('command')
    const subs = verb->get('subs', {})->keys()->sort()->join('|')
    ask.Complain($'say which: :Env{name} {subs}')
    return
  endif
  const [argument, why] = verbs.Argument(verb, left, bang)
  if why->empty()
    Verb(verb.command, argument)
  else
    ask.Complain(why)
  endif
enddef

# Do what `:Env {verb} ++name=value …` says: any command of the server.
export def Any(words: list<string>)
  timer_start(0, (_) => Forget())
  const [argument, why] = verbs.Argument({}, words[1 :], false)
  if why->empty()
    Verb(words[0], argument)
  else
    ask.Complain(why)
  endif
enddef

# Run a command of the server for what is shown.
export def Verb(verb: string, argument: dict<any>)
  if verb == 'reveal' || verb == 'copy'
    const where = argument->has_key('name') ? {} : {position: {line: line('.') - 1, character: col('.') - 1}}
    Execute(verb, where->extendnew(argument), verb == 'reveal' ? values.Show : values.Copy)
  else
    Execute(verb, argument, (result) => {
      Reload()
      results.Show(verb, result)
    })
  endif
enddef

# A code or a link lets somebody into the team: it does not stay in the history of commands, however it was typed.
def Forget()
  histdel('cmd', '\C\<Env\s*[Jj]')
enddef

def Execute(verb: string, argument: dict<any>, OnResult: func)
  const file = server.SubjectOf(bufnr())
  const root = server.RootOf(file)
  if server.Start(root)
    documents.Open(bufnr())
    documents.Update(bufnr())
    const given = {uri: server.ToUri(file)}->extend(argument)
    server.Then(root, () => server.Ask(root, 'workspace/executeCommand',
      {command: 'envlsp.' .. verb, arguments: [given]}, OnResult))
  endif
enddef

# A command may have written a file: show what is on disk now.
def Reload()
  for info in getbufinfo({bufloaded: 1})
    const is_new = !info.changed && info.linecount == 1 && getbufline(info.bufnr, 1) == ['']
    if is_new && getbufvar(info.bufnr, '&filetype') == 'env' && !info.windows->empty()
      win_execute(info.windows[0], 'silent! edit')
    endif
  endfor
  silent! checktime
enddef
