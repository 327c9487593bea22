vim9script
# A value for the eyes, and a value for the clipboard: the two results of the server that carry one.
# It passes no message and no file, and goes away after the seconds that the server said.
import autoload './ask.vim'

var popup = 0

export def Show(result: dict<any>)
  popup_close(popup)
  const lines = result.value->split("\n", true)
  const id = popup_atcursor(lines, {border: [], padding: [0, 1, 0, 1], moved: 'any', maxheight: 10})
  popup = id
  timer_start(float2nr(result.expires_s * 1000), (_) => popup_close(id))
enddef

# Into the clipboard where Vim has one, else into the unnamed register; taken out again.
export def Copy(result: dict<any>)
  const register = has('clipboard') ? '+' : '"'
  setreg(register, result.value)
  ask.Say($'envlsp: {result.name} is copied for {float2nr(result.expires_s)} seconds')
  timer_start(float2nr(result.expires_s * 1000), (_) => {
    if getreg(register) == result.value
      setreg(register, '')
    endif
  })
enddef
