vim9script
# Covers what the server said to cover, in every window and before it is drawn.
#
# Nothing is decided here. The server says of each line which columns are covered; that is kept
# by the text of the line, so it moves with the line through every edit, and a line that was
# changed is a line of which nothing was told. There the rule of rules.vim holds: a name at
# most is seen. Vim draws one character for whatever is concealed, so a value is one dot.
import autoload './rules.vim'

const DOT = strcharpart(rules.MASK, 0, 1)
const FOLDED = "'+-- '.(v:foldend - v:foldstart + 1).' lines'"
const SHOWN = {conceallevel: 2, concealcursor: 'nvic', foldtext: FOLDED}
const PRIORITY = 200

# By buffer: `rows` is what the server told, row by row; `told` the same by the text of the row.
var buffers: dict<dict<any>> = {}

# By window: what covers it.
var matches: dict<number> = {}

export def Cover(buffer: number)
  if !buffers->has_key(buffer)
    const listener = listener_add((changed, _, _, _, _) => Lay(changed), buffer)
    buffers[buffer] = {rows: null_list, told: {}, listener: listener}
  endif
  Lay(buffer)
enddef

export def Forget(buffer: number)
  if buffers->has_key(buffer)
    listener_remove(buffers->remove(buffer).listener)
  endif
enddef

# Every window of the tab page, popups too: options and covers where such a file is shown, none elsewhere.
export def Show()
  for id in range(1, winnr('$'))->mapnew((_, window) => win_getid(window)) + popup_list()
    if buffers->has_key(winbufnr(id))
      ShowIn(id, Positions(winbufnr(id)))
    else
      Uncover(id)
    endif
  endfor
enddef

# Handle `envlsp/masks`; `texts` are the lines as the server was told of them.
export def Told(buffer: number, params: dict<any>, texts: list<string>)
  if !buffers->has_key(buffer)
    return
  endif
  const state = buffers[buffer]
  if params->get('end', v:null) == v:null
    state.rows = params.lines->copy()
  elseif state.rows != null_list
    state.rows = state.rows->slice(0, params.start) + params.lines + state.rows->slice(params.end)
  endif
  # The server may count lines in another way, as where one has a carriage return in its middle;
  # then nothing is taken from it.
  if state.rows != null_list && !texts->empty() && len(state.rows) == len(texts) && &encoding == 'utf-8'
    state.told = ByText(texts, state.rows)
    Lay(buffer)
  endif
enddef

# Where two rows of one text are covered in two ways, all of it is.
def ByText(texts: list<string>, rows: list<any>): dict<any>
  var found: dict<any> = {}
  for row in range(len(texts))
    const key = 'is ' .. texts[row]
    if !found->has_key(key)
      found[key] = rows[row]
    elseif found[key] != rows[row]
      found[key] = [[0, len(texts[row])]]
    endif
  endfor
  return found
enddef

def Lay(buffer: number)
  # Popups too; but not the window that Vim makes for a moment to change a hidden buffer.
  const windows = win_findbuf(buffer)->filter((_, id) => !getwininfo(id)->empty())
    + popup_list()->filter((_, id) => winbufnr(id) == buffer)
  if !windows->empty()
    const positions = Positions(buffer)
    for id in windows
      ShowIn(id, positions)
    endfor
  endif
enddef

# What is covered of a buffer as it is now: line, column and length, as Vim counts them.
def Positions(buffer: number): list<list<number>>
  const told: dict<any> = buffers[buffer].told
  var found: list<list<number>> = []
  var line = 0
  for text in getbufline(buffer, 1, '$')
    line += 1
    const covers = told->get('is ' .. text, v:null)
    if covers == v:null
      const seen = max([0, matchend(text, rules.SEEN_AT_MOST)])
      if seen < len(text)
        found->add([line, seen + 1, len(text) - seen])
      endif
    else
      for cover in covers
        found->add([line, cover[0] + 1, cover[1] - cover[0]])
      endfor
    endif
  endfor
  return found
enddef

def ShowIn(id: number, positions: list<list<number>>)
  # Options of windows in another tab page are out of reach, and set when it is entered.
  const is_here = getwinvar(id, '&conceallevel', -1) >= 0
  for [name, value] in is_here ? SHOWN->items() : []
    if getwinvar(id, '&' .. name) != value
      setwinvar(id, '&' .. name, value)
    endif
  endfor
  Uncover(id)
  if !positions->empty()
    matches[id] = matchaddpos('Conceal', positions, PRIORITY, -1, {window: id, conceal: DOT})
  endif
enddef

def Uncover(id: number)
  if matches->has_key(id)
    silent! matchdelete(matches->remove(id), id)
  endif
enddef
