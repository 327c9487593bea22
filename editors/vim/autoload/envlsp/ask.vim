vim9script
# What is said to the person, and what the server asks them.
#
# A popup takes the keys for a choice, so nothing waits: the server is heard meanwhile. What may be a code or a
# link is long, and is shown in a corner instead of the messages that Vim keeps.
import autoload './server.vim'

const STAYS_MS = 12000
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

# What does not fit would have to be dismissed by a key.
def Fits(text: string): bool
  return stridx(text, "\n") < 0 && strdisplaywidth(text) < &columns - 12
enddef

# It stays as long as a command runs: an invitation is read aloud while it waits.
def Aside(text: string, colour: string)
  popup_close(corner)
  corner = popup_create(text->split("\n", true), {
    line: &lines - &cmdheight - 1, col: &columns, pos: 'botright', maxwidth: min([72, &columns - 6]),
    maxheight: &lines - 6, border: [], padding: [0, 1, 0, 1], title: ' envlsp ', borderhighlight: [colour],
    tabpage: -1, zindex: 150,
  })
  Tidy(corner)
  LeaveLater(corner)
enddef

# Lines break between words, and go on a little further in.
def Tidy(id: number)
  for [name, value] in {linebreak: true, breakindent: true, breakindentopt: 'shift:2'}->items()
    setwinvar(id, '&' .. name, value)
  endfor
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
    const labels = params.items->mapnew((_, item) => trim($"{item.label}  {item->get('detail', '')}"))
    Pick(params.title, labels, (index) => Answer({value: index < 0 ? v:null : params.items[index].value}))
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
  const question = title->split("\n", true)
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
  Tidy(id)
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
