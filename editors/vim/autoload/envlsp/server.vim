vim9script
# The server, one for each project, over a channel of Vim's own.
#
# What it asks goes to ask.vim, what it tells of masks to documents.vim, where the team stands to standing.vim;
# nothing is decided here.
import autoload './ask.vim'
import autoload './documents.vim'
import autoload './named.vim'
import autoload './standing.vim'

const CANCELLED = -32800

const CAPABILITIES = {
  general: {positionEncodings: ['utf-8']},
  window: {showMessage: {}},
  experimental: {envlsp: {input: true, pick: true, status: true, reveal: true, masks: true, files: true, words: true}},
}

# By root: its channel, and whether it is ready; what is to be sent waits until then. Which verbs it has, and
# by their ids the requests that have no answer yet.
var servers: dict<dict<any>> = {}

def Command(): list<string>
  return get(g:, 'envlsp_command', ['envlsp', 'lsp'])
enddef

# What a command is about: the document, or the folder that we are in.
export def SubjectOf(buffer: number): string
  const name = bufname(buffer)
  if name =~ '^envlsp://'
    return name
  endif
  return name->empty() || !getbufvar(buffer, '&buftype')->empty() ? getcwd() : name->fnamemodify(':p')
enddef

# Return the folder that a file belongs to.
export def RootOf(file: string): string
  const folder = file =~ '^envlsp://' ? getcwd() : file->fnamemodify(':p:h')
  const config = findfile('ev.yaml', folder->fnameescape() .. ';')
  return (config->empty() ? folder : config->fnamemodify(':p:h'))
enddef

# Return whether a server runs there, started now where none did.
export def Start(root: string): bool
  if servers->has_key(root)
    return true
  elseif !executable(Command()[0])
    ask.Complain($'envlsp: {Command()[0]} is not installed or not on the PATH; say where it is in g:envlsp_command')
    return false
  endif
  const job = job_start(Command(), {
    cwd: isdirectory(root) ? root : getcwd(),
    in_mode: 'lsp',
    out_mode: 'lsp',
    err_io: 'null',
    noblock: true,
    out_cb: (_, message) => Hear(root, message),
    exit_cb: (_, _) => Ended(root),
  })
  if job_status(job) != 'run'
    return false
  endif
  servers[root] = {channel: job_getchannel(job), ready: false, waiting: [], verbs: [], asked: {}}
  Ask(root, 'initialize', {
    processId: getpid(),
    clientInfo: {name: 'Vim'},
    rootUri: ToUri(root),
    workspaceFolders: [{uri: ToUri(root), name: root->fnamemodify(':t')}],
    capabilities: CAPABILITIES,
    initializationOptions: get(g:, 'envlsp_settings', {}),
  }, (result) => Ready(root, result.capabilities))
  return true
enddef

def Ready(root: string, capabilities: dict<any>)
  const commands = capabilities->get('executeCommandProvider', {})->get('commands', [])
  servers[root].verbs = commands->mapnew((_, one) => one->substitute('^envlsp\.', '', ''))
  Send(root, {method: 'initialized', params: {}})
  servers[root].ready = true
  for Go in servers[root].waiting
    Go()
  endfor
  servers[root].waiting = []
enddef

def Ended(root: string)
  if servers->has_key(root)
    const gone = servers->remove(root)
    documents.Lost(root)
    standing.Lost(root)
    if !gone.asked->empty()
      ask.Complain('envlsp: the server has ended; `envlsp doctor` in a terminal may say why')
    endif
  endif
enddef

# Do something once the server has introduced itself.
export def Then(root: string, Go: func)
  if !servers->has_key(root)
    return
  elseif servers[root].ready
    Go()
  else
    servers[root].waiting->add(Go)
  endif
enddef

export def Tell(root: string, method: string, params: dict<any>)
  Then(root, () => Send(root, {method: method, params: params}))
enddef

# Ask the server something; a refusal is told to the person if nobody else wants it.
export def Ask(root: string, method: string, params: dict<any>, OnResult: func, OnFailure: func = ask.Complain)
  var id = ''
  const asked = ch_sendexpr(servers[root].channel, {method: method, params: params}, {
    callback: (_, reply) => {
      if servers->has_key(root) && servers[root].asked->has_key(id)
        servers[root].asked->remove(id)
      endif
      if !reply->has_key('error')
        OnResult(reply->get('result', v:null))
      else
        OnFailure(reply.error.code == CANCELLED ? 'stopped' : reply.error.message)
      endif
    },
  })
  id = $'{asked->get('id', '')}'
  servers[root].asked[id] = asked->get('id', 0)
enddef

# Ask and wait for the answer, for so long at most; an empty one where none came or it was a refusal.
export def AskNow(root: string, method: string, params: dict<any>, limit_ms: number): dict<any>
  if !servers->has_key(root) || !servers[root].ready
    return {}
  endif
  return ch_evalexpr(servers[root].channel, {method: method, params: params}, {timeout: limit_ms})->get('result', {})
enddef

# Whether something was asked that has no answer yet.
export def IsBusy(): bool
  return servers->values()->indexof((_, one) => !one.asked->empty()) >= 0
enddef

# Take back everything that has no answer yet.
export def Stop()
  for [root, one] in servers->items()
    for id in one.asked->values()
      Send(root, {method: '$/cancelRequest', params: {id: id}})
    endfor
  endfor
enddef

# The verbs of the server that runs there.
export def Verbs(root: string): list<string>
  return servers->has_key(root) ? servers[root].verbs->copy() : []
enddef

def Send(root: string, message: dict<any>)
  if ch_status(servers[root].channel) == 'open'
    ch_sendexpr(servers[root].channel, message)
  endif
enddef

# By hand, because Vim's own way has numbers only to name a question by.
def Reply(root: string, id: any, result: any)
  const body = json_encode({jsonrpc: '2.0', id: id, result: result})
  if ch_status(servers[root].channel) == 'open'
    ch_sendraw(servers[root].channel, $"Content-Length: {len(body)}\r\n\r\n{body}")
  endif
enddef

def Hear(root: string, message: dict<any>)
  const method = message->get('method', '')
  const params = message->get('params', {})
  if method->empty()
    return  # an answer that nobody waits for any more
  elseif message->has_key('id')
    ask.Question(method, params, (result) => {
      if servers->has_key(root)
        Reply(root, message.id, result)
      endif
    })
  elseif method == 'envlsp/masks'
    documents.Told(params)
  elseif method == 'envlsp/status'
    standing.Told(root, params)
  elseif method == 'envlsp/files'
    named.Told(root, params)
  elseif method == 'window/showMessage'
    ask.Told(params)
  endif
enddef

# A path as an address: what is not plain is written as its bytes.
export def ToUri(file: string): string
  if file =~ '^envlsp://'
    return file
  endif
  var bytes = ''
  for at in range(len(file))
    const byte = strpart(file, at, 1)
    bytes ..= byte =~ '[A-Za-z0-9/._~-]' ? byte : printf('%%%02X', char2nr(byte))
  endfor
  return 'file://' .. bytes
enddef
