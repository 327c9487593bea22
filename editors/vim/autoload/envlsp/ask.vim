vim9script
# What is said to the person, and what the server asks them.

export def Say(text: string)
  echomsg text
enddef

export def Complain(text: string)
  echohl ErrorMsg
  echomsg text
  echohl None
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

# What is typed unseen stays out of Vim's history of input.
def Input(params: dict<any>, Answer: func)
  inputsave()
  var given: any = v:null
  try
    given = params->get('password', false) ? inputsecret($'{params.title}: ')
      : input($'{params.title}: ', params->get('value', ''))
  catch /^Vim:Interrupt$/
  endtry
  inputrestore()
  redraw
  Answer(given == v:null ? v:null : {value: given})
enddef

def Pick(title: string, labels: list<string>, OnPicked: func)
  popup_menu(labels, {
    title: $' {title} ',
    callback: (_, picked) => OnPicked(picked - 1 < 0 ? -1 : picked - 1),
  })
enddef
