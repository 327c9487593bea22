vim9script
# What a command answered: a line about what was done, a window about what was looked at.
#
# The words and the rows are the server's; here they are only laid out beneath each other.
import autoload './ask.vim'

# Verbs whose result is what was asked for; of the others a line is enough.
const LOOKING = ['status', 'log', 'diff', 'list', 'members', 'peers', 'doctor', 'parse', 'request', 'ci.export',
  'invite.list', 'access.list', 'access.why', 'access.exposure', 'device.list', 'env.list', 'replica.list']
const MOST_LINES = 15

# The releases that the lines of the window are about.
var releases: list<string> = []

export def Show(verb: string, result: dict<any>)
  if verb == 'show'
    execute 'edit' result.uri->fnameescape()
  elseif LOOKING->index(verb) >= 0 || result->has_key('link')
    Window(verb, result)
  else
    ask.Say($'envlsp: {result.said.sentence}')
  endif
enddef

# Rows about the same list have columns of one width.
def Widths(rows: list<any>): dict<list<number>>
  var found: dict<list<number>> = {}
  for row in rows
    const kind = 'of ' .. row.of
    for [at, cell] in row.cells->items()
      const before = found->get(kind, [])
      found[kind] = before + (at < len(before) ? [] : [0])
      found[kind][at] = max([found[kind][at], strdisplaywidth(cell)])
    endfor
  endfor
  return found
enddef

def LineOf(row: dict<any>, widths: list<number>): string
  var line = ''
  for [at, cell] in row.cells->items()
    line ..= cell .. repeat(' ', widths[at] == 0 ? 0 : widths[at] - strdisplaywidth(cell) + 2)
  endfor
  return line->trim(' ', 2)
enddef

# A window that is never a file. A link lets people in for days: it is shown here, and in no message.
def Window(verb: string, result: dict<any>)
  const rows: list<any> = result.said.rows
  const widths = Widths(rows)
  var lines: list<string> = []
  releases = []
  for [at, row] in rows->items()
    if at > 0 && row.of != rows[at - 1].of
      lines->add('')
      releases->add('')
    endif
    lines->add(LineOf(row, widths->get('of ' .. row.of, [])))
    releases->add(row.of == 'releases' ? result.releases[row.at].release : '')
  endfor
  Open(verb, lines->empty() ? [result.said.sentence] : lines)
enddef

def Open(verb: string, lines: list<string>)
  if win_gotoid(bufwinid('^envlsp: ')) == 0
    botright new
  endif
  setlocal buftype=nofile bufhidden=wipe noswapfile nobuflisted modifiable undolevels=-1
  setlocal wrap linebreak breakindent breakindentopt=shift:4 nonumber norelativenumber nolist winfixheight
  execute $'silent! file envlsp:\ {verb->escape(' %#')}\ (q\ closes)'
  silent deletebufline('%', 1, '$')
  setline(1, lines)
  cursor(1, 1)
  const height = lines->mapnew((_, line) => 1 + strdisplaywidth(line) / &columns)->reduce((sum, one) => sum + one)
  execute $'resize {max([1, min([height, MOST_LINES, &lines / 2])])}'
  setlocal nomodifiable
  nnoremap <buffer> <nowait> q <C-w>c
  nnoremap <buffer> <nowait> <CR> <ScriptCmd>Choose()<CR>
enddef

# Look at the release of the line.
def Choose()
  const release = releases->get(line('.') - 1, '')
  if !release->empty()
    close
    execute 'EnvOpen' release
  endif
enddef
