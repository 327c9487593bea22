-- Documents of the team, which are never on disk: read as the server shows them, masked, and writing one
-- makes a release of it. An older release is only looked at. Spec: docs/lsp-extensions.md, "Documents of
-- the team".
local say = require('envlsp.say')
local server = require('envlsp.server')

local M = {}

local WAITS_MS = 60000
local LOOKS_MS = 20

local function is_older(name)
  return name:find('@', 1, true) ~= nil
end

local function options(buffer, name)
  local own = vim.bo[buffer]
  own.buftype, own.swapfile, own.undofile = 'acwrite', false, false
  own.readonly, own.modifiable = is_older(name), not is_older(name)
  if own.filetype ~= 'env' then
    own.filetype = 'env'
  end
end

local function fill(buffer, text)
  local lines = vim.split((text:gsub('\n$', '')), '\n', { plain = true })
  if vim.deep_equal(lines, vim.api.nvim_buf_get_lines(buffer, 0, -1, false)) then
    return
  end
  local own = vim.bo[buffer]
  local could = own.modifiable
  own.modifiable = true
  -- What it said before is nothing to go back to: an undo must not bring an older release back.
  local levels = own.undolevels
  own.undolevels = -1
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  own.undolevels = levels
  own.modified, own.modifiable = false, could
end

local function ask(client, buffer, use)
  client:request('workspace/textDocumentContent', { uri = vim.uri_from_bufnr(buffer) }, function(failure, result)
    if failure then
      use(nil, failure.message)
    elseif vim.api.nvim_buf_is_loaded(buffer) then
      use(result.text)
    end
  end, buffer)
end

-- Wait for an answer without keeping messages, questions and redraws from their turn.
local function wait(start)
  local is_over, result, why = false, nil, nil
  start(function(...)
    is_over, result, why = true, ...
  end)
  vim.wait(WAITS_MS, function()
    return is_over
  end, LOOKS_MS)
  return result, is_over and why or 'the server did not answer in time'
end

local function server_of(buffer)
  return wait(function(done)
    server.have(buffer, done)
  end)
end

---Read a document into its buffer, and let the server know of it.
---@param buffer integer
function M.read(buffer)
  local name = vim.api.nvim_buf_get_name(buffer)
  require('envlsp.masks').cover(buffer)
  local client, why = server_of(buffer)
  local text
  if client then
    text, why = wait(function(done)
      ask(client, buffer, done)
    end)
  end
  if not client or not text then
    vim.bo[buffer].buftype, vim.bo[buffer].modifiable = 'nofile', false
    return say.wrong(('%s: %s'):format(name, why))
  end
  options(buffer, name)
  fill(buffer, text)
  vim.lsp.buf_attach_client(buffer, client.id)
end

---Make a release of a document. What goes wrong leaves it modified, and is said.
---@param buffer integer
function M.write(buffer)
  local uri = vim.uri_from_bufnr(buffer)
  if is_older(uri) then
    return say.wrong('an older release is only looked at; :EnvRollback makes it the newest one')
  end
  local made, why = wait(function(done)
    server.execute('envlsp.save', { uri = uri }, done, {
      buffer = buffer,
      on_failure = function(failure)
        done(nil, failure)
      end,
    })
  end)
  if not made then
    return say.wrong('not saved: ' .. why)
  end
  vim.bo[buffer].modified = false
  say.line(require('envlsp.rows').sentence(made))
  M.again(buffer)
end

---Show what the newest release says; what is being edited stays.
---@param buffer integer
function M.again(buffer)
  local client = server.of(buffer)
  if not client or vim.bo[buffer].modified then
    return
  end
  ask(client, buffer, function(text)
    if text and not vim.bo[buffer].modified then
      fill(buffer, text)
    end
  end)
end

---Handle `workspace/textDocumentContent/refresh`.
function M.on_refresh(_, params)
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(buffer) and vim.uri_from_bufnr(buffer) == params.uri then
      M.again(buffer)
    end
  end
  return vim.NIL
end

return M
