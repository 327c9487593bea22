-- The server of a buffer, and what is asked of it: commands, and nothing else is sent from here.
local say = require('envlsp.say')

local M = {}

local STARTS_MS = 15000
local LOOKS_MS = 25
local CANCELLED = -32800

---What was asked and has no answer yet: an id of ours, and how it is taken back.
---@type table<integer, fun()>
local running = {}

---@param buffer integer
---@return vim.lsp.Client?
function M.of(buffer)
  return vim.lsp.get_clients({ name = 'envlsp', bufnr = buffer })[1]
end

local function is_document(buffer)
  local name = vim.api.nvim_buf_get_name(buffer)
  return name ~= '' and (vim.bo[buffer].buftype == '' or vim.startswith(name, 'envlsp://'))
end

---What a command is about: the document, or the folder that we are in.
---@param buffer integer
function M.subject(buffer)
  return is_document(buffer) and vim.uri_from_bufnr(buffer) or vim.uri_from_fname(vim.fn.getcwd())
end

local function root_of(buffer)
  local name = vim.api.nvim_buf_get_name(buffer)
  local is_file = is_document(buffer) and not vim.startswith(name, 'envlsp://')
  local place = is_file and name or vim.fn.getcwd()
  return vim.fs.root(place, 'ev.yaml') or vim.fs.root(place, '.git') or (is_file and vim.fs.dirname(name) or place)
end

-- Where nothing is open yet, a command starts the server as a file would.
local function start(buffer)
  local config = vim.lsp.config.envlsp
  if not config or (vim.lsp.is_enabled and not vim.lsp.is_enabled('envlsp')) then
    return nil, "no server for this file; is vim.lsp.enable('envlsp') in your config?"
  end
  local program = type(config.cmd) == 'table' and config.cmd[1]
  if program and vim.fn.executable(program) == 0 then
    return nil, ('there is no program %s; :checkhealth envlsp says what to do'):format(program)
  end
  local root = root_of(buffer)
  for _, client in ipairs(vim.lsp.get_clients({ name = 'envlsp', _uninitialized = true })) do
    if client.root_dir == root then
      return client
    end
  end
  local id = vim.lsp.start(vim.tbl_extend('force', config, { root_dir = root }), { attach = false })
  return id and vim.lsp.get_client_by_id(id), 'the server did not start; :checkhealth envlsp says what to do'
end

---Have the server of a buffer, started if need be; `use` gets it, or nil and why there is none.
---@param buffer integer
---@param use fun(client: vim.lsp.Client?, why: string?)
function M.have(buffer, use)
  local client, why = M.of(buffer), nil
  if not client then
    client, why = start(buffer)
  end
  if not client then
    return use(nil, why)
  end
  local left = STARTS_MS / LOOKS_MS
  local function look()
    if client.initialized then
      use(client)
    elseif left == 0 or client:is_stopped() then
      use(nil, 'the server did not start; :checkhealth envlsp says what to do')
    else
      left = left - 1
      vim.defer_fn(look, LOOKS_MS)
    end
  end
  look()
end

local function request(client, buffer, command, arguments, on_end)
  local id
  local is_over = false
  local _, asked = client:request('workspace/executeCommand', { command = command, arguments = { arguments } }, function(failure, result)
    is_over = true
    if id then
      running[id] = nil
    end
    on_end(failure, result)
  end, buffer)
  if asked and not is_over then
    id = asked
    running[id] = function()
      client:cancel_request(asked)
    end
  end
end

---Run a command of the server.
---@param command string `envlsp.…`
---@param arguments table
---@param on_result fun(result: any)
---@param options? { buffer?: integer, on_failure?: fun(why: string) }
function M.execute(command, arguments, on_result, options)
  options = options or {}
  local buffer = options.buffer or vim.api.nvim_get_current_buf()
  local on_failure = options.on_failure or say.wrong
  arguments.uri = arguments.uri or M.subject(buffer)
  M.have(buffer, function(client, why)
    if not client then
      return on_failure(why)
    end
    request(client, buffer, command, arguments, function(failure, result)
      if not failure then
        on_result(result)
      elseif failure.code == CANCELLED then
        on_failure('stopped')
      else
        on_failure(failure.message)
      end
    end)
  end)
end

---Whether a command has no answer yet.
function M.is_busy()
  return next(running) ~= nil
end

---Take back every command that has no answer yet.
function M.stop()
  for id, cancel in pairs(running) do
    running[id] = nil
    cancel()
  end
end

return M
