vim9script
# Env files, and code that a command was run in, told to the server as they change; documents that are never on disk.
import autoload './masks.vim'
import autoload './private.vim'
import autoload './server.vim'
import autoload './standing.vim'
import autoload './ask.vim'

# By buffer: its root and address, the version that was told, and the lines and the tick of that version.
var documents: dict<dict<any>> = {}

export def Open(buffer: number)
  const file = AddressOf(buffer)
  if documents->has_key(buffer) || file->empty()
    return
  endif
  const root = server.RootOf(file)
  if server.Start(root)
    const listener = listener_add((changed, _, _, _, _) => Changed(changed), buffer)
    documents[buffer] = {root: root, uri: server.ToUri(file), listener: listener, version: 0, tick: 0, texts: []}
    server.Then(root, () => Opened(buffer))
  endif
enddef

def Opened(buffer: number)
  if !documents->has_key(buffer) || !bufloaded(buffer)
    return
  endif
  const type = getbufvar(buffer, '&filetype')
  const language = type == 'env' || documents[buffer].uri =~ '^envlsp://' ? 'dotenv' : type
  const item = {uri: documents[buffer].uri, languageId: language, version: 1, text: Take(buffer, 1)}
  server.Tell(documents[buffer].root, 'textDocument/didOpen', {textDocument: item})
enddef

def AddressOf(buffer: number): string
  const name = bufname(buffer)
  return name->empty() || name =~ '^envlsp://' ? name : name->fnamemodify(':p')
enddef

# Return the text as it would be on disk, and remember it as that of a version.
def Take(buffer: number, version: number): string
  const document = documents[buffer]
  document.version = version
  document.tick = getbufvar(buffer, 'changedtick')
  document.texts = getbufline(buffer, 1, '$')
  if document.texts == ['']
    return ''
  endif
  const end = getbufvar(buffer, '&fileformat') == 'dos' ? "\r\n" : "\n"
  const start = getbufvar(buffer, '&bomb') ? "\uFEFF" : ''
  # What Vim has for a zero byte would be a line more.
  const lines = document.texts->mapnew((_, line) => line->tr("\n", "\x01"))
  return start .. lines->join(end) .. (getbufvar(buffer, '&endofline') ? end : '')
enddef

# Many changes in one go are one to the server.
def Changed(buffer: number)
  if documents->has_key(buffer) && documents[buffer].version > 0
    timer_start(0, (_) => Update(buffer))
  endif
enddef

# Say what the text is now, if it is another one.
export def Update(buffer: number)
  if !documents->has_key(buffer) || !bufloaded(buffer) || documents[buffer].version == 0
      || documents[buffer].tick == getbufvar(buffer, 'changedtick')
    return
  endif
  const text = Take(buffer, documents[buffer].version + 1)
  server.Tell(documents[buffer].root, 'textDocument/didChange', {
    textDocument: {uri: documents[buffer].uri, version: documents[buffer].version},
    contentChanges: [{text: text}],
  })
enddef

export def Told(params: dict<any>)
  for [buffer, document] in documents->items()
    if document.uri == params.uri
      standing.Ahead(buffer->str2nr(), params)
    endif
    if document.uri == params.uri && params->get('version', v:null) == document.version
      masks.Told(buffer->str2nr(), params, document.texts)
    elseif document.uri == params.uri
      masks.Told(buffer->str2nr(), params, [])
    endif
  endfor
enddef

export def Saved(buffer: number)
  if documents->has_key(buffer)
    Update(buffer)
    server.Tell(documents[buffer].root, 'textDocument/didSave', {textDocument: {uri: documents[buffer].uri}})
  endif
enddef

export def Close(buffer: number)
  if documents->has_key(buffer)
    const gone = documents->remove(buffer)
    listener_remove(gone.listener)
    if gone.version > 0
      server.Tell(gone.root, 'textDocument/didClose', {textDocument: {uri: gone.uri}})
    endif
  endif
enddef

# A server that ended told all it could; the next command starts another one.
export def Lost(root: string)
  for document in documents->values()->filter((_, one) => one.root == root)
    listener_remove(document.listener)
  endfor
  documents->filter((_, document) => document.root != root)
enddef

# --- documents that are never on disk -------------------------------------------------------------

export def Read(buffer: number)
  const uri = bufname(buffer)
  setbufvar(buffer, '&buftype', 'acwrite')
  private.Guard(buffer)
  masks.Cover(buffer)
  const root = server.RootOf(uri)
  if server.Start(root)
    server.Then(root, () => server.Ask(root, 'workspace/executeCommand', {
      command: 'envlsp.show', arguments: [{uri: uri}],
    }, (result) => Fill(buffer, result.text)))
  endif
enddef

def Fill(buffer: number, text: string)
  if bufloaded(buffer)
    const levels = getbufvar(buffer, '&undolevels')
    setbufvar(buffer, '&undolevels', -1)
    setbufvar(buffer, '&modifiable', true)
    silent deletebufline(buffer, 1, '$')
    setbufline(buffer, 1, text->substitute('\n$', '', '')->split("\n", true))
    setbufvar(buffer, '&undolevels', levels)
    setbufvar(buffer, '&filetype', 'env')
    setbufvar(buffer, '&modified', false)
    # An older release is only looked at.
    const is_older = stridx(bufname(buffer), '@') >= 0
    setbufvar(buffer, '&readonly', is_older)
    setbufvar(buffer, '&modifiable', !is_older)
  endif
enddef

export def Write(buffer: number)
  if !documents->has_key(buffer)
    ask.Complain('envlsp: nothing was saved, for no server has this document')
    return
  endif
  const document = documents[buffer]
  Update(buffer)
  const tick = document.tick
  server.Ask(document.root, 'workspace/executeCommand', {
    command: 'envlsp.save', arguments: [{uri: document.uri}],
  }, (result) => {
    if getbufvar(buffer, 'changedtick') == tick
      setbufvar(buffer, '&modified', false)
    endif
    ask.Say($'envlsp: {result.said.sentence}')
  }, (why) => ask.Complain($'envlsp: not saved: {why}'))
enddef
