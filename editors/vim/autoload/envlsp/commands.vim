vim9script
# Each verb is a command of the server, and its result is lines.
import autoload './ask.vim'
import autoload './documents.vim'
import autoload './server.vim'

# What a result has for programs, not for people.
const LEFT_OUT = ['schema', 'id', 'team', 'file', 'ts', 'void', 'uri']
const LOOKING = ['status', 'log', 'diff']

# Run a verb for the file that is shown; arguments that say nothing are left out.
export def Run(verb: string, arguments: dict<any>)
  Execute(verb, arguments, (result) => {
    Reload()
    Show(verb, result)
  })
enddef

def Execute(verb: string, arguments: dict<any>, OnResult: func)
  var given = arguments->copy()->filter((_, value) => string(value) != 'v:null' && string(value) != "''")
  const file = expand('%:p')->empty() ? getcwd() : bufname() =~ '^envlsp://' ? bufname() : expand('%:p')
  const root = server.RootOf(isdirectory(file) ? file .. '/' : file)
  if server.Start(root)
    documents.Open(bufnr())
    documents.Update(bufnr())
    given.uri = server.ToUri(file)
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

# --- results as lines -----------------------------------------------------------------------------

def LinesOf(result: any): list<string>
  if type(result) != v:t_dict
    return []
  endif
  var lines: list<string> = []
  for [key, value] in result->items()->sort()
    if LEFT_OUT->index(key) >= 0
      continue
    elseif type(value) == v:t_list
      lines->extend(value->mapnew((_, row) => $'{key}: {OneLine(row)}'))
    elseif !OneLine(value)->empty()
      lines->add($'{key}: {OneLine(value)}')
    endif
  endfor
  return lines
enddef

def OneLine(value: any): string
  if type(value) == v:t_dict
    const kept = value->copy()->filter((key, one) => LEFT_OUT->index(key) < 0 && !OneLine(one)->empty())
    return kept->items()->sort()->mapnew((_, item) => $'{item[0]} {OneLine(item[1])}')->join('  ')
  elseif type(value) == v:t_list
    return value->mapnew((_, one) => OneLine(one))->join(' ')
  endif
  return [v:null, v:false, v:none, 0, '']->index(value) >= 0 ? '' : string(value)->trim("'")
enddef

# What was done is said in a line; what was looked at gets a window that is never a file.
def Show(verb: string, result: any)
  if LOOKING->index(verb) < 0
    ask.Say(Sentence(verb, result))
    return
  endif
  const lines = LinesOf(result)
  if win_gotoid(bufwinid('^envlsp: ')) == 0
    execute $':botright :{max([1, min([lines->len(), 12])])}new'
  endif
  setlocal buftype=nofile bufhidden=wipe noswapfile nobuflisted nowrap modifiable
  execute $'silent! file envlsp:\ {verb}'
  deletebufline('%', 1, '$')
  setline(1, lines)
  setlocal nomodifiable
  nnoremap <buffer> <nowait> q <C-w>c
enddef

def Sentence(verb: string, result: any): string
  if verb == 'mask.toggle' || verb == 'presentation.toggle'
    return $'envlsp: masks are {result.masked ? "on" : "off"}{result.presenting ? ", presenting" : ""}'
  elseif type(result) == v:t_dict && result->has_key('made')
    return result.made ? $'envlsp: {result.release} is the newest release' : $'envlsp: nothing changed since {result.release}'
  endif
  return $'envlsp: {verb}  {LinesOf(result)->join("  ")}'
enddef

# --- values ---------------------------------------------------------------------------------------

export def Reveal(name: string)
  WithValue('reveal', name, (result) => {
    const lines = result.value->split("\n", true)
    const popup = popup_atcursor(lines, {border: [], padding: [0, 1, 0, 1], moved: 'any', maxheight: 10})
    timer_start(float2nr(result.expires_s * 1000), (_) => popup_close(popup))
  })
enddef

# Into the clipboard where Vim has one, else into the unnamed register; taken out again.
export def Copy(name: string)
  WithValue('copy', name, (result) => {
    const register = has('clipboard') ? '+' : '"'
    setreg(register, result.value)
    ask.Say($'envlsp: {result.name} is copied for {float2nr(result.expires_s)} seconds')
    timer_start(float2nr(result.expires_s * 1000), (_) => {
      if getreg(register) == result.value
        setreg(register, '')
      endif
    })
  })
enddef

# Of the name that was given, or what stands at the cursor, as the server sees it.
def WithValue(verb: string, name: string, OnValue: func)
  const here = {line: line('.') - 1, character: col('.') - 1}
  Execute(verb, name->empty() ? {position: here} : {name: name}, OnValue)
enddef
