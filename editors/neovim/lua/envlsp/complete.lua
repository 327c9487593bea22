-- What a word of a command may be: asked of the server, kept for some seconds, and never waited for longer
-- than a person notices. What comes later is there at the next try.
local server = require('envlsp.server')
local standing = require('envlsp.standing')
local verbs = require('envlsp.verbs')

local M = {}

local WAITS_MS = 400
local KEEPS_MS = 5000
local ROLES = { 'viewer', 'developer', 'admin' }
local SPANS = { '30m', '8h', 'forever' }

---@type table<string, { at: integer, result: table?, is_coming: boolean }>
local answers = {}

-- Nothing is asked of a locked device: it would ask for the passphrase in turn.
local function answer(buffer, verb, argument)
  local client = server.of(buffer)
  if not client or not standing.is_ready(buffer) then
    return {}
  end
  local uri = server.subject(buffer)
  local key = table.concat({ client.id, verb, uri }, ' ')
  local kept = answers[key] or { at = -KEEPS_MS, is_coming = false }
  answers[key] = kept
  if not kept.is_coming and vim.uv.now() - kept.at > KEEPS_MS then
    kept.is_coming = true
    local asked = { command = 'envlsp.' .. verb, arguments = { vim.tbl_extend('force', argument or {}, { uri = uri }) } }
    client:request('workspace/executeCommand', asked, function(failure, result)
      kept.is_coming, kept.at, kept.result = false, vim.uv.now(), failure and {} or result
    end, buffer)
  end
  vim.wait(WAITS_MS, function()
    return not kept.is_coming
  end, 5)
  return kept.result or {}
end

local function each(list, name)
  return vim.tbl_map(function(one)
    return one[name]
  end, list or {})
end

local function spot(buffer)
  local project, environment = standing.spot(buffer)
  return project or { members = {}, environments = {} }, environment or { conflicts = {} }
end

local function releases(buffer)
  return each(answer(buffer, 'log', { limit = 100 }).releases, 'release')
end

local function names(buffer)
  local found = answer(buffer, 'list')
  return vim.list_extend(each(found.secrets, 'name'), found.conflicts or {})
end

local function environments(buffer)
  local project = spot(buffer)
  local apps, found = {}, {}
  for _, one in ipairs(project.environments) do
    apps[one.app] = true
    table.insert(found, one)
  end
  local is_one = vim.tbl_count(apps) <= 1
  return vim.tbl_map(function(one)
    return is_one and one.env or one.app .. ':' .. one.env
  end, found)
end

local function people(buffer)
  local found = {}
  for _, one in ipairs(answer(buffer, 'members').members or {}) do
    table.insert(found, one.address ~= '' and one.address or one.name)
  end
  return #found > 0 and found or vim.list_slice(spot(buffer).members)
end

local function invitations(buffer)
  return each(answer(buffer, 'invite.list').invitations, 'id')
end

local SOURCES = {
  from = releases,
  to = releases,
  release = releases,
  take = releases,
  name = names,
  only = names,
  who = people,
  id = invitations,
  target = function(buffer)
    return vim.tbl_map(function(one)
      return one:find(':') and one or ':' .. one
    end, environments(buffer))
  end,
  env = environments,
  role = function()
    return ROLES
  end,
  ['for'] = function()
    return SPANS
  end,
}
-- What a name is depends on the verb.
local OF_VERB = {
  switch = { name = environments },
  resolve = {
    name = function(buffer)
      return select(2, spot(buffer)).conflicts
    end,
  },
}

local function offered(verb, name, buffer)
  local source = (OF_VERB[verb.command] or {})[name] or SOURCES[name]
  return source and source(buffer) or {}
end

-- A list grows by its last part.
local function option(verb, lead, buffer)
  local name, before = lead:match('^%+%+([%w_]+)=(.-)[^,]*$')
  local prefix = name and '++' .. name .. '=' .. before or '++'
  return vim.tbl_map(function(one)
    return prefix .. one
  end, name and offered(verb, name, buffer) or verb.options or {})
end

local function candidates(verb, words, lead, buffer, is_first)
  if vim.startswith(lead, '++') then
    return option(verb, lead, buffer)
  end
  local plain = #vim.tbl_filter(function(word)
    return not vim.startswith(word, '++')
  end, words)
  local found = {}
  if is_first and verb.subs then
    found = vim.tbl_keys(verb.subs)
    table.sort(found)
  end
  local name = (verb.words or {})[plain + 1]
  return name and vim.list_extend(found, offered(verb, name, buffer)) or found
end

local function commands(buffer)
  local client = server.of(buffer)
  local provider = client and client.server_capabilities.executeCommandProvider or {}
  return vim.tbl_map(function(one)
    return (one:gsub('^envlsp%.', ''))
  end, provider.commands or {})
end

local function beginning_with(lead, found)
  local seen = {}
  return vim.tbl_filter(function(one)
    -- A name that somebody chose for themselves must not become several words of a command.
    local is_word = type(one) == 'string' and not one:find('[%s%c|]')
    local is_new = is_word and vim.startswith(one, lead) and not seen[one]
    seen[one] = true
    return is_new
  end, found)
end

---What the word at the end of a command line may be.
---@param name string after `:Env`
---@param lead string what is typed of it
---@param line string up to the cursor
---@return string[]
function M.words(name, lead, line)
  local buffer = vim.api.nvim_get_current_buf()
  local typed = vim.split(line:gsub('^.-Env%w*!?%s*', '', 1), '%s+', { trimempty = true })
  if lead ~= '' then
    table.remove(typed)
  end
  if name == '' then
    return beginning_with(lead, #typed == 0 and commands(buffer) or {})
  end
  local verb, left = verbs.meant(name, typed)
  return beginning_with(lead, verb and candidates(verb, left, lead, buffer, #typed == 0) or {})
end

return M
