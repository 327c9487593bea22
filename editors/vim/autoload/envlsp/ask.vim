vim9script
# What is said to the person, and what the server asks them.
#
# A popup takes the keys for a choice, so nothing waits: the server is heard meanwhile. What may be a code or a
# link is long, and is shown in a corner instead of the messages that Vim keeps.
import autoload './server.vim'

const STAYS_MS = 12000
const MOST_COLUMNS = 80
const ERROR = 1

var corner = 0

export def Say(text: string)
  if Fits(text)
    echomsg text
  else
    Aside(text, 'Normal')
  endif
enddef

export def Complain(text: string)
  if Fits(text)
    echohl ErrorMsg
    echomsg text
    echohl None
  else
    Aside(text, 'ErrorMsg')
  endif
enddef

# Handle `window/showMessage`.
export def Told(params: dict<any>)
  if params->get('type', 0) == ERROR
    Complain(params.message)
  else
    Say(params.message)
  endif
enddef

# What does not fit would have to be dismissed by a key, and what is long is to be read at leisure.
def Fits(text: string): bool
  return stridx(text, "\n") < 0 && strdisplaywidth(text) < min([MOST_COLUMNS, &columns - 12])
enddef

# It stays as long as a command runs: an invitation is read aloud while it waits.
def Aside(text: string, colour: string)
  popup_close(corner)
  corner = popup_create(Lines(text), {
    line: &lines - &cmdheight - 1, col: &columns, pos: 'botright', wrap: false,
    maxheight: &lines - 6, border: [], padding: [0, 1, 0, 1], title: ' envlsp ', borderhighlight: [colour],
    tabpage: -1, zindex: 150,
  })
  LeaveLater(corner)
enddef

# Broken between words, as nothing of Vim's own does: a code is one word.
def Lines(text: string): list<string>
  const width = min([72, &columns - 6])
  var lines: list<string> = []
  for line in text->split("\n", true)
    var row = ''
    for word in line->split()
      if !row->empty() && strdisplaywidth($'{row} {word}') > width
        lines->add(row)
        row = '  ' .. word
      else
        row = row->empty() ? word : $'{row} {word}'
      endif
    endfor
    lines->add(row)
  endfor
  return lines
enddef

def LeaveLater(id: number)
  timer_start(STAYS_MS, (_) => {
    if server.IsBusy() && !popup_getpos(id)->empty()
      LeaveLater(id)
    else
      popup_close(id)
    endif
  })
enddef

# Answer a request of the server; `Answer` may come later.
export def Question(method: string, params: dict<any>, Answer: func)
  if method == 'envlsp/input'
    timer_start(0, (_) => Input(params, Answer))
  elseif method == 'envlsp/pick'
    Pick(params.title, Labels(params.items), (index) => Answer({value: index < 0 ? v:null : params.items[index].value}))
  elseif method == 'window/showMessageRequest'
    const actions = params->get('actions', [])
    Pick(params.message, actions->mapnew((_, action) => action.title),
      (index) => Answer(index < 0 ? v:null : actions[index]))
  elseif method == 'workspace/configuration'
    Answer(params.items->mapnew((_, _) => get(g:, 'envlsp_settings', {})))
  else
    Answer(v:null)
  endif
enddef

# Labels beneath each other, and so their details.
def Labels(items: list<any>): list<string>
  const width = items->mapnew((_, item) => strdisplaywidth(item.label))->max()
  return items->mapnew((_, item) =>
    trim(item.label .. repeat(' ', width + 2 - strdisplaywidth(item.label)) .. item->get('detail', ''), ' ', 2))
enddef

# What is typed unseen stays out of Vim's history of input by itself; all else may let somebody into a team.
def Input(params: dict<any>, Answer: func)
  inputsave()
  var given: any = v:null
  try
    given = params->get('password', false) ? inputsecret($'{params.title}: ')
      : input($'{params.title}: ', params->get('value', ''))
  catch /^Vim:Interrupt$/
  endtry
  inputrestore()
  if given != v:null && histget('@', -1) == given
    histdel('@', -1)
  endif
  redraw
  Answer(given == v:null ? v:null : {value: given})
enddef

# The question, and what to choose from below it: by the arrows or j and k, or by its number.
def Pick(title: string, labels: list<string>, OnPicked: func)
  const question = Lines(title)
  const numbered = labels->mapnew((at, label) => $'{at + 1}  {label}')
  const above = len(question) + 1
  const id = popup_menu(question + [''] + numbered, {
    title: ' envlsp ',
    wrap: true,
    maxwidth: min([72, &columns - 6]),
    maxheight: &lines - 6,
    filter: (popup, key) => Key(popup, key, above, len(labels)),
    callback: (_, picked) => OnPicked(picked <= above ? -1 : picked - above - 1),
  })
  win_execute(id, $':{above + 1}')
enddef

# The question is no choice.
def Key(id: number, key: string, above: number, count: number): bool
  const number = key =~ '^[1-9]$' ? key->str2nr() : 0
  if number > 0 && number <= count
    popup_close(id, above + number)
  elseif key == 'q'
    popup_close(id, -1)
  else
    popup_filter_menu(id, key)
    if !popup_getpos(id)->empty() && line('.', id) <= above
      win_execute(id, $':{above + 1}')
    endif
  endif
  return true
enddef
