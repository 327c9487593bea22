vim9script
# Vim keeps no copy of an env file but the file: no swap, no undo file, no backup, nothing in
# viminfo; and what is typed elsewhere is not completed with words of it.

const NOTHING_KEPT = ['<0', '/0', ':0', '@0']
const KEPT_OFF = {swapfile: false, undofile: false, complete: ''}
const OTHER_BUFFERS = ['w', 'b', 'u', 'U']
# Completing from the text itself would show values in a menu: lines, words, and words of other files.
const MENUS = ['<C-n>', '<C-p>', '<C-x><C-l>', '<C-x><C-n>', '<C-x><C-p>', '<C-x><C-i>']

export def Guard(buffer: number)
  setbufvar(buffer, '&autoread', true)
  setbufvar(buffer, 'envlsp_guarded', true)
  Again(buffer)
  if buffer == bufnr()
    for keys in MENUS
      execute $'inoremap <buffer> {keys} <Nop>'
    endfor
  endif
  KeepNoRegisters()
  CompleteNothingFromIt()
enddef

# Take back what was set since by a modeline of the file, or by anybody.
export def Again(buffer: number)
  for [name, value] in getbufvar(buffer, 'envlsp_guarded', false) ? KEPT_OFF->items() : []
    if getbufvar(buffer, '&' .. name) != value
      setbufvar(buffer, '&' .. name, value)
    endif
  endfor
enddef

# Written on the way out with all registers of the session: what was yanked may be a value.
def KeepNoRegisters()
  const kept = &viminfo->split(',')->filter((_, item) => item !~ '^[<"/:@]')
  if !&viminfo->empty()
    &viminfo = (NOTHING_KEPT + kept)->join(',')
  endif
enddef

def CompleteNothingFromIt()
  execute 'set complete-=' .. OTHER_BUFFERS->join(' complete-=')
  for info in getbufinfo({bufloaded: 1})
    const complete = getbufvar(info.bufnr, '&complete')
    const wanted = complete->split(',')->filter((_, item) => OTHER_BUFFERS->index(item) < 0)->join(',')
    if complete != wanted
      setbufvar(info.bufnr, '&complete', wanted)
    endif
  endfor
enddef

# 'backup' and 'writebackup' hold for all files, and only their names are excepted.
export def BeforeWrite(buffer: number)
  const file = bufname(buffer)->fnamemodify(':p')->escape(' ,*?[{\')
  if getbufvar(buffer, 'envlsp_guarded', false) && &backupskip->split(',')->index(file) < 0
    execute 'set backupskip+=' .. file->escape(' |\"')
  endif
enddef
