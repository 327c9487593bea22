vim9script
# What each command takes: which command of the server it is, and which argument a word is.
#
# The words come in the order of `words`; with `rest` all that follow are one argument. `++name=value` gives
# any other argument by its name, `++name` one that is true. `!` is `force`, where the server has it.

const PLACE = ['project', 'env']
const LINK = ['link', 'uses', 'for', 'project', 'env']

const VERBS: dict<dict<any>> = {
  Push: {command: 'push', rest: 'message', options: ['only', 'offline']},
  Pull: {command: 'pull', options: ['max_age', 'offline']},
  Status: {command: 'status', options: ['target']},
  Log: {command: 'log', words: ['limit'], options: ['all', 'target']},
  Diff: {command: 'diff', words: ['from', 'to'], options: ['target']},
  Rollback: {command: 'rollback', words: ['release'], options: ['offline']},
  Resolve: {command: 'resolve', words: ['name', 'take'], options: ['offline']},
  Set: {command: 'set', words: ['name'], options: ['offline', 'target']},
  Reveal: {command: 'reveal', words: ['name']},
  Copy: {command: 'copy', words: ['name']},
  Switch: {command: 'switch', words: ['name']},
  Open: {command: 'show', words: ['release'], options: ['target']},
  Invite: {
    command: 'invite',
    words: ['role'],
    options: LINK,
    subs: {list: {command: 'invite.list'}, cancel: {command: 'invite.cancel', words: ['id']}},
  },
  Join: {command: 'join', words: ['code'], options: ['as', 'device', 'signaling', 'welcome']},
  Access: {
    subs: {
      list: {command: 'access.list'},
      grant: {command: 'access.grant', words: ['who', 'role'], options: ['out'] + LINK},
      revoke: {command: 'access.revoke', words: ['who'], options: PLACE},
      rotate: {command: 'access.rotate', options: ['all'] + PLACE},
      why: {command: 'access.why', words: ['who']},
      exposure: {command: 'access.exposure', words: ['who']},
      confirm: {command: 'access.confirm', words: ['who']},
      contest: {command: 'access.contest', words: ['who']},
    },
  },
  Sync: {command: 'sync', options: ['replicas', 'timeout']},
  Mask: {command: 'mask.toggle'},
  Present: {command: 'presentation.toggle'},
  Lock: {command: 'lock'},
  Unlock: {command: 'unlock', words: ['for']},
}

# What is no text. Of `for` and `timeout` the server reads `30m` itself.
const NUMBERS = ['limit', 'uses', 'replicas']
const LISTS = ['only', 'signaling']

def ValueOf(name: string, text: string): any
  if NUMBERS->index(name) >= 0 && text =~ '^\d\+$'
    return text->str2nr()
  endif
  return LISTS->index(name) >= 0 ? text->split(',') : text
enddef

# The verb that words speak of, and the words after its name; an empty one where there is none.
export def Meant(name: string, words: list<string>): list<any>
  const verb: dict<any> = VERBS->get(name, {})
  const first = words->get(0, '')
  const subs: dict<any> = verb->get('subs', {})
  return subs->has_key(first) ? [subs[first], words[1 :]] : [verb, words]
enddef

# The name that `++name` and `++name=…` begin with, empty for any other word.
export def OptionOf(word: string): string
  return word->matchstr('^++\zs\w\+')
enddef

# The argument of the server's command, or why there is none.
export def Argument(verb: dict<any>, words: list<string>, bang: bool): list<any>
  var argument: dict<any> = bang ? {force: true} : {}
  var plain: list<string> = []
  for word in words
    const name = OptionOf(word)
    if name->empty()
      plain->add(word)
    else
      const text = word[2 + len(name) :]
      argument[name] = text->empty() ? true : ValueOf(name, text[1 :])
    endif
  endfor
  if verb->has_key('rest')
    return [plain->empty() ? argument : argument->extend({[verb.rest]: plain->join(' ')}), '']
  endif
  const names: list<string> = verb->get('words', [])
  for [at, word] in plain->items()
    if at >= len(names)
      return [argument, $'one word too many: {word}']
    endif
    argument[names[at]] = ValueOf(names[at], word)
  endfor
  return [argument, '']
enddef
