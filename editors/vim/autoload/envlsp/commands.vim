vim9script
# Each verb is a command of the server, and its result is lines.
import autoload './ask.vim'
import autoload './documents.vim'
import autoload './server.vim'

# What a result has for programs, not for people.
const LEFT_OUT = ['schema', 'id', 'team', 'file', 'ts', 'void', 'uri']

# Run a verb for the file that is shown; arguments that say nothing are left out.
export def Run(verb: string, arguments: dict<any>)
  Execute(verb, arguments, (result) => {
    Reload()
    Show(verb, LinesOf(result))
  })
enddef

def Execute(verb: string, arguments: dict<any>, OnResult: func(any))
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
  return value == v:null ? '' : string(value)->trim("'")
enddef

# One line is said; more of them get a window that is never a file.
def Show(verb: string, lines: list<string>)
  if lines->len() <= 1
    ask.Say(lines->empty() ? $'envlsp: {verb} is done' : lines[0])
    return
  endif
  execute $'botright :{min([lines->len(), 12])}new'
  setlocal buftype=nofile bufhidden=wipe noswapfile nobuflisted nowrap
  execute $'silent! file envlsp\ {verb}'
  setline(1, lines)
  setlocal nomodifiable
  nnoremap <buffer> q <C-w>c
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
def WithValue(verb: string, name: string, OnValue: func(any))
  const here = {line: line('.') - 1, character: col('.') - 1}
  Execute(verb, name->empty() ? {position: here} : {name: name}, OnValue)
enddef
