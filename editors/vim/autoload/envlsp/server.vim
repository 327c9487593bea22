vim9script
# The server, one for each project, over a channel of Vim's own.
#
# What it asks goes to ask.vim, what it tells of masks to documents.vim; nothing is decided here.
import autoload './ask.vim'
import autoload './documents.vim'
import autoload './named.vim'

const CAPABILITIES = {
  general: {positionEncodings: ['utf-8']},
  window: {showMessage: {}},
  experimental: {envlsp: {input: true, pick: true, reveal: true, masks: true, files: true, words: true}},
}

# By root: the job, and whether it is ready; what is to be sent waits until then.
var servers: dict<dict<any>> = {}

def Command(): list<string>
  return get(g:, 'envlsp_command', ['envlsp', 'lsp'])
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
  servers[root] = {channel: job_getchannel(job), ready: false, waiting: []}
  Ask(root, 'initialize', {
    processId: getpid(),
    clientInfo: {name: 'Vim'},
    rootUri: ToUri(root),
    workspaceFolders: [{uri: ToUri(root), name: root->fnamemodify(':t')}],
    capabilities: CAPABILITIES,
    initializationOptions: get(g:, 'envlsp_settings', {}),
  }, (_) => Ready(root))
  return true
enddef

def Ready(root: string)
  Send(root, {method: 'initialized', params: {}})
  servers[root].ready = true
  for Go in servers[root].waiting
    Go()
  endfor
  servers[root].waiting = []
enddef

def Ended(root: string)
  if servers->has_key(root)
    servers->remove(root)
    documents.Lost(root)
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

# Ask the server something; a refusal is told to the person.
export def Ask(root: string, method: string, params: dict<any>, OnResult: func)
  ch_sendexpr(servers[root].channel, {method: method, params: params}, {
    callback: (_, reply) => {
      if reply->has_key('error')
        ask.Complain(reply.error.message)
      else
        OnResult(reply->get('result', v:null))
      endif
    },
  })
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
  if message->has_key('id')
    ask.Question(method, params, (result) => {
      if servers->has_key(root)
        Reply(root, message.id, result)
      endif
    })
  elseif method == 'envlsp/masks'
    documents.Told(params)
  elseif method == 'envlsp/files'
    named.Told(root, params)
  elseif method == 'window/showMessage'
    ask.Say(params.message)
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
