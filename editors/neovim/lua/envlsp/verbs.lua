-- What each command takes: which command of the server it is, and which argument a word is.
--
-- The words come in the order of `words`; with `rest` all that follow are one argument. `++name=value` gives
-- any other argument by its name, `++name` one that is true. `!` is `force`, where the server has it.
local M = {}

---@class envlsp.Verb
---@field command? string of the server, without `envlsp.`
---@field words? string[]
---@field rest? string
---@field options? string[]
---@field subs? table<string, envlsp.Verb> by the first word

local PLACE = { 'project', 'env' }
local LINK = { 'link', 'uses', 'for', 'project', 'env' }

---@type table<string, envlsp.Verb>
M.VERBS = {
  Push = { command = 'push', rest = 'message', options = { 'only', 'offline' } },
  Pull = { command = 'pull', options = { 'max_age', 'offline' } },
  Status = { command = 'status', options = { 'target' } },
  Log = { command = 'log', words = { 'limit' }, options = { 'all', 'target' } },
  Diff = { command = 'diff', words = { 'from', 'to' }, options = { 'target' } },
  Rollback = { command = 'rollback', words = { 'release' }, options = { 'offline' } },
  Resolve = { command = 'resolve', words = { 'name', 'take' }, options = { 'offline' } },
  Set = { command = 'set', words = { 'name' }, options = { 'offline', 'target' } },
  Reveal = { command = 'reveal', words = { 'name' } },
  Copy = { command = 'copy', words = { 'name' } },
  Switch = { command = 'switch', words = { 'name' } },
  Open = { command = 'show', words = { 'release' }, options = { 'target' } },
  Invite = {
    command = 'invite',
    words = { 'role' },
    options = LINK,
    subs = { list = { command = 'invite.list' }, cancel = { command = 'invite.cancel', words = { 'id' } } },
  },
  Join = { command = 'join', words = { 'code' }, options = { 'as', 'device', 'signaling', 'welcome' } },
  Access = {
    subs = {
      list = { command = 'access.list' },
      grant = { command = 'access.grant', words = { 'who', 'role' }, options = { 'out', unpack(LINK) } },
      revoke = { command = 'access.revoke', words = { 'who' }, options = PLACE },
      rotate = { command = 'access.rotate', options = { 'all', unpack(PLACE) } },
      why = { command = 'access.why', words = { 'who' } },
      exposure = { command = 'access.exposure', words = { 'who' } },
      confirm = { command = 'access.confirm', words = { 'who' } },
      contest = { command = 'access.contest', words = { 'who' } },
    },
  },
  Sync = { command = 'sync', options = { 'replicas', 'timeout' } },
  Mask = { command = 'mask.toggle' },
  Present = { command = 'presentation.toggle' },
  Lock = { command = 'lock' },
  Unlock = { command = 'unlock', words = { 'for' } },
}

-- What is no text. Of `for` and `timeout` the server reads `30m` itself.
local NUMBERS = { limit = true, uses = true, replicas = true }
local LISTS = { only = true, signaling = true }

local function value_of(name, text)
  if NUMBERS[name] then
    return tonumber(text) or text
  elseif LISTS[name] then
    return vim.split(text, ',', { plain = true, trimempty = true })
  end
  return text
end

---The verb that words speak of, and the words after its name.
---@param name string after `:Env`
---@param words string[]
---@return envlsp.Verb?, string[]
function M.meant(name, words)
  local verb = M.VERBS[name]
  local sub = verb and verb.subs and words[1] and verb.subs[words[1]]
  if sub then
    return sub, vim.list_slice(words, 2)
  end
  return verb, words
end

---The argument of the server's command.
---@param verb envlsp.Verb
---@param words string[]
---@param bang boolean
---@return table? argument, string? why there is none
function M.argument(verb, words, bang)
  local argument, plain = {}, {}
  for _, word in ipairs(words) do
    local name, text = word:match('^%+%+([%w_]+)=(.*)$')
    local flag = word:match('^%+%+([%w_]+)$')
    if name then
      argument[name] = value_of(name, text)
    elseif flag then
      argument[flag] = true
    else
      table.insert(plain, word)
    end
  end
  if verb.rest then
    argument[verb.rest] = #plain > 0 and table.concat(plain, ' ') or nil
    plain = {}
  end
  for at, word in ipairs(plain) do
    local name = (verb.words or {})[at]
    if not name then
      return nil, ('one word too many: %s'):format(word)
    end
    argument[name] = value_of(name, word)
  end
  argument.force = bang or nil
  return argument
end

return M
