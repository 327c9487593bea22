vim9script
# Env files whose names do not say so: the server tells which ones ev.yaml gives to an environment.
#
# Such a file gets the type that `.env` has by its name, and everything else follows from its type. Because
# nobody else can tell, the server is started with the first file of a project, whatever that is.
import autoload './private.vim'
import autoload './server.vim'

# By root of a project: the addresses of its files, spelled as ToUri does.
var named: dict<dict<bool>> = {}

# Handle `envlsp/files`.
export def Told(root: string, params: dict<any>)
  named[root] = {}
  for uri in params.uris
    named[root][Respelled(uri)] = true
  endfor
  for info in getbufinfo({bufloaded: 1})
    Take(info.bufnr)
  endfor
enddef

# Before a file is read: no copy of it is begun, and who can name it is started.
export def Before(buffer: number)
  if IsNamed(buffer)
    private.Guard(buffer)
  elseif IsFile(buffer)
    const root = server.RootOf(bufname(buffer)->fnamemodify(':p'))
    if filereadable(root .. '/ev.yaml') && executable(get(g:, 'envlsp_command', ['envlsp'])[0])
      server.Start(root)
    endif
  endif
enddef

# Have a file that was named covered, and told to the server.
export def Take(buffer: number)
  if IsNamed(buffer) && getbufvar(buffer, '&filetype') != 'env'
    setbufvar(buffer, '&filetype', 'env')
  endif
enddef

def IsFile(buffer: number): bool
  const name = bufname(buffer)
  return !name->empty() && name !~ '^\a[[:alnum:]+.-]\+://' && getbufvar(buffer, '&buftype')->empty()
enddef

export def IsNamed(buffer: number): bool
  if named->empty() || !IsFile(buffer)
    return false
  endif
  const uri = server.ToUri(bufname(buffer)->fnamemodify(':p'))
  return named->values()->indexof((_, files) => files->has_key(uri)) >= 0
enddef

# The server leaves more as it is than ToUri does.
def Respelled(uri: string): string
  const path = uri->substitute('^file://', '', '')
  return 'file://' .. path->substitute('[^A-Za-z0-9/._~%-]', (found) => printf('%%%02X', char2nr(found[0])), 'g')
enddef
