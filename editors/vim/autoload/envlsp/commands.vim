vim9script
# Each verb is a command of the server, which also has the words for its result.
import autoload './ask.vim'
import autoload './documents.vim'
import autoload './server.vim'

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

# The cells of rows beneath each other.
def LinesOf(result: dict<any>): list<string>
  const rows: list<list<string>> = result.said.rows->mapnew((_, row) => row.cells)
  var widths: list<number> = []
  for row in rows
    for [at, cell] in row->items()
      widths = at < widths->len() ? widths : widths + [0]
      widths[at] = max([widths[at], strdisplaywidth(cell)])
    endfor
  endfor
  return rows->mapnew((_, row) =>
    row->mapnew((at, cell) => cell .. repeat(' ', widths[at] - strdisplaywidth(cell)))->join('  ')->trim(' ', 2))
enddef

# What was done is said in a line; what was looked at gets a window that is never a file.
def Show(verb: string, result: dict<any>)
  const lines = LinesOf(result)
  if LOOKING->index(verb) < 0 || lines->empty()
    ask.Say($'envlsp: {result.said.sentence}')
    return
  endif
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
