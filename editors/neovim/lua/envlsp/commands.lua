-- What `:Env…` does: reads the words, runs one command of the server, shows what it answered.
local say = require('envlsp.say')
local server = require('envlsp.server')
local verbs = require('envlsp.verbs')

local M = {}

---Verbs whose result is what was asked for; of the others a line is enough.
local LOOKING = {}
for _, name in ipairs({
  'status', 'log', 'diff', 'list', 'members', 'peers', 'doctor', 'parse', 'request', 'ci.export', 'invite.list',
  'access.list', 'access.why', 'access.exposure', 'device.list', 'env.list', 'replica.list',
}) do
  LOOKING[name] = true
end

local function open_release(buffer)
  return function(thing)
    if thing and type(thing.release) == 'string' then
      M.run('Open', { thing.release }, false, buffer)
    end
  end
end

-- A link lets people in for days: it is shown in a float, and stays out of the messages that Neovim keeps.
local function show(verb, result, buffer)
  if verb == 'show' then
    vim.cmd.edit({ args = { result.uri }, magic = { file = false, bar = false } })
  elseif LOOKING[verb] or type(result.link) == 'string' then
    local lines, things = require('envlsp.rows').lines(result)
    local open = open_release(buffer)
    local choose = verb == 'log' and function(row)
      open(things[row])
    end or nil
    require('envlsp.scratch').show('envlsp ' .. verb, lines, choose)
  else
    say.line(require('envlsp.rows').sentence(result))
  end
end

---@param verb string of the server, without `envlsp.`
---@param argument table
---@param buffer integer
function M.verb(verb, argument, buffer)
  if verb == 'reveal' or verb == 'copy' then
    return require('envlsp.reveal')[verb](argument, buffer)
  end
  server.execute('envlsp.' .. verb, argument, function(result)
    show(verb, result, buffer)
  end, { buffer = buffer })
end

-- A code or a link lets somebody into the team: it does not stay in the history of commands, however it was typed.
local function forget()
  vim.fn.histdel('cmd', '\\C\\<Env\\s*[Jj]')
end

---Do what `:Env{name} {words}` says.
---@param name string
---@param words string[]
---@param bang boolean
---@param buffer? integer
function M.run(name, words, bang, buffer)
  buffer = buffer or vim.api.nvim_get_current_buf()
  vim.schedule(forget)
  local verb, left = verbs.meant(name, words)
  if not verb or not verb.command then
    local subs = vim.tbl_keys(verb and verb.subs or {})
    table.sort(subs)
    return say.wrong(('say which: :Env%s %s'):format(name, table.concat(subs, '|')))
  end
  local argument, why = verbs.argument(verb, left, bang)
  if not argument then
    return say.wrong(why)
  end
  M.verb(verb.command, argument, buffer)
end

---Do what `:Env {verb} ++name=value …` says: any command of the server.
---@param words string[]
function M.any(words)
  vim.schedule(forget)
  local argument, why = verbs.argument({}, vim.list_slice(words, 2), false)
  if not words[1] or not argument then
    return say.wrong(why or 'say which: :Env VERB ++name=value')
  end
  M.verb(words[1], argument, vim.api.nvim_get_current_buf())
end

return M
