vim9script
# Where the projects stand, as the server told it last, and the words of the status line about it.
# The words of a buffer are made when something has changed, and kept: a redraw only takes them.
import autoload './server.vim'

const HERE = ['added', 'changed', 'diverged']
const NOTHING = {members: [], environments: [], conflicts: []}

# By root: what its server told last.
var told: dict<dict<any>> = {}

# By buffer: the words, and how many names nobody pushed yet.
var kept: dict<string> = {}
var ahead: dict<number> = {}

# Handle `envlsp/status`.
export def Told(root: string, params: dict<any>)
  told[root] = params
  Changed()
enddef

# A server that has ended tells nothing any more.
export def Lost(root: string)
  silent! told->remove(root)
  Changed()
enddef

def Changed()
  kept = {}
  redrawstatus!
  if exists('#User#EnvlspStatus')
    doautocmd <nomodeline> User EnvlspStatus
  endif
enddef

# What `envlsp/masks` says besides masks.
export def Ahead(buffer: number, params: dict<any>)
  var here: list<any> = params.changes->copy()
  here->filter((_, one) => HERE->index(one.change) >= 0)
  ahead[buffer] = len(here) + len(params.removed)
  Moved(buffer)
enddef

# A buffer has another name or another server, or is gone.
export def Moved(buffer: number)
  if kept->has_key(buffer)
    kept->remove(buffer)
    redrawstatus!
  endif
enddef

# The project that a buffer is of, the environment whose file it is, and all that its server told.
export def Spot(buffer: number): list<dict<any>>
  const file = server.SubjectOf(buffer)
  const status = told->get(server.RootOf(file), {})
  if status->empty() || status.projects->empty()
    return [NOTHING, NOTHING, {}]
  endif
  const uri = server.ToUri(file)
  for project in status.projects
    for environment in project.environments
      const place = $'envlsp://{project.team}/{project.name}/{environment.app}/{environment.env}'
      if environment.uri == uri || uri == place || stridx(uri, place .. '@') == 0
        return [project, environment, status]
      endif
    endfor
  endfor
  var around: list<any> = status.projects->copy()
  around->filter((_, one) => stridx(uri, one.uri->trim('/', 2) .. '/') == 0)
  return [around->empty() ? status.projects[0] : around[0], NOTHING, status]
enddef

# Whether something can be asked without anybody being asked for a passphrase.
export def IsReady(buffer: number): bool
  return Spot(buffer)[0]->get('standing', '') == 'ready'
enddef

# The words for the status line of the buffer that it is drawn for.
export def Line(): string
  if !kept->has_key(bufnr())
    kept[bufnr()] = Words(bufnr())
  endif
  return kept[bufnr()]
enddef

def Words(buffer: number): string
  const [project, environment, status] = Spot(buffer)
  if status->empty()
    return ''
  endif
  var parts: list<string>
  if project.standing != 'ready'
    parts = [$'{project.name ?? 'envlsp'}: {project.standing->tr('-', ' ')}']
  else
    parts = environment->has_key('env') ? OfEnvironment(environment, buffer) : [project.name]
  endif
  parts += status.peers > 0 ? [$'{status.peers} online'] : []
  parts += status.presenting ? ['presenting'] : status.masked ? [] : ['unmasked']
  return parts->join(' ')->substitute('[[:cntrl:]]', ' ', 'g')
enddef

def OfEnvironment(environment: dict<any>, buffer: number): list<string>
  const name = environment.app->empty() ? environment.env : $'{environment.app}:{environment.env}'
  var parts = [name] + environment.releases
  for [sign, count] in [['↑', ahead->get(buffer, 0)], ['↓', environment.behind], ['✗', len(environment.conflicts)]]
    parts += count > 0 ? [sign .. count] : []
  endfor
  return parts
enddef
