vim9script
# What a word of a command may be: asked of the server, kept for some seconds, and never waited for longer
# than a person notices.
import autoload './server.vim'
import autoload './standing.vim'
import autoload './verbs.vim'

const WAITS_MS = 400
const KEEPS_S = 5
const ROLES = ['viewer', 'developer', 'admin']
const SPANS = ['30m', '8h', 'forever']

# By what was asked: when it was answered, and the answer.
var answers: dict<dict<any>> = {}

# Nothing is asked of a locked device: it would ask for the passphrase in turn.
def Answer(verb: string, argument: dict<any> = {}): dict<any>
  const file = server.SubjectOf(bufnr())
  if !standing.IsReady(bufnr())
    return {}
  endif
  const key = $'{verb} {file}'
  if !answers->has_key(key) || localtime() - answers[key].at > KEEPS_S
    const given = argument->extendnew({uri: server.ToUri(file)})
    const result = server.AskNow(server.RootOf(file), 'workspace/executeCommand',
      {command: 'envlsp.' .. verb, arguments: [given]}, WAITS_MS)
    if result->empty()
      return {}
    endif
    answers[key] = {at: localtime(), result: result}
  endif
  return answers[key].result
enddef

def Each(rows: list<any>, name: string): list<string>
  return rows->mapnew((_, row) => row[name])
enddef

def Releases(): list<string>
  return Answer('log', {limit: 100})->get('releases', [])->Each('release')
enddef

def Names(): list<string>
  const found = Answer('list')
  return found->get('secrets', [])->Each('name') + found->get('conflicts', [])
enddef

def Environments(): list<string>
  const found: list<any> = standing.Spot(bufnr())[0].environments
  const is_one = found->Each('app')->sort()->uniq()->len() <= 1
  return found->mapnew((_, one) => is_one ? one.env : $'{one.app}:{one.env}')
enddef

def Targets(): list<string>
  return Environments()->map((_, one) => stridx(one, ':') >= 0 ? one : ':' .. one)
enddef

def People(): list<string>
  return Answer('members')->get('members', [])->mapnew((_, one) => one.address ?? one.name)
enddef

def Invitations(): list<string>
  return Answer('invite.list')->get('invitations', [])->Each('id')
enddef

def Conflicts(): list<string>
  return standing.Spot(bufnr())[1].conflicts
enddef

const SOURCES: dict<func> = {
  from: Releases, to: Releases, release: Releases, take: Releases,
  name: Names, only: Names, who: People, id: Invitations,
  env: Environments, target: Targets, role: () => ROLES, for: () => SPANS,
}
# What a name is depends on the verb.
const OF_VERB: dict<func> = {switch: Environments, resolve: Conflicts}

def Offered(verb: dict<any>, name: string): list<string>
  if name == 'name' && OF_VERB->has_key(verb.command)
    return OF_VERB[verb.command]()
  endif
  return SOURCES->has_key(name) ? SOURCES[name]() : []
enddef

# A list grows by its last part.
def Option(verb: dict<any>, lead: string): list<string>
  const name = verbs.OptionOf(lead)
  const text = lead[2 + len(name) :]
  if text->empty()
    return verb->get('options', [])->mapnew((_, one) => '++' .. one)
  endif
  const before = text[: max([0, strridx(text, ',')])]
  return Offered(verb, name)->mapnew((_, one) => $'++{name}{before}{one}')
enddef

def Candidates(verb: dict<any>, words: list<string>, lead: string, is_first: bool): list<string>
  if lead =~ '^++'
    return Option(verb, lead)
  endif
  const at = words->copy()->filter((_, word) => word !~ '^++')->len()
  const names: list<string> = verb->get('words', [])
  const subs = is_first ? verb->get('subs', {})->keys()->sort() : []
  return subs + (at < len(names) ? Offered(verb, names[at]) : [])
enddef

# What the word at the end of a command line may be.
export def Words(lead: string, line: string, place: number): list<string>
  const typed = line[: place - 1]
  const name = typed->matchstr('\<Env\zs\a*')
  const words = typed->substitute('^.\{-}\<Env\a*!\?\s*', '', '')->split()
  const before = lead->empty() ? words : words[: -2]
  var found: list<string> = []
  if name->empty()
    found = before->empty() ? server.Verbs(server.RootOf(server.SubjectOf(bufnr()))) : []
  else
    const [verb, left] = verbs.Meant(name, before)
    found = Candidates(verb, left, lead, before->empty())
  endif
  var seen: dict<bool> = {}
  # A name that somebody chose for themselves must not become several words of a command.
  return found->filter((_, one) => one =~ '^[^[:space:][:cntrl:]|]\+$' && stridx(one, lead) == 0 && !seen->has_key(one) && seen->extend({[one]: true})->len() > 0)
enddef
