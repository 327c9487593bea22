-- What Neovim writes of the traffic with language servers, at its levels DEBUG and TRACE: no text of env files.
--
-- Its log tells nobody whose a message is. So only what names a document, and no env file, is written whole;
-- of all else numbers and a few words stay, of this server's and of every other's.
local M = {}

local STAYS = { method = true, uri = true, targetUri = true, jsonrpc = true, languageId = true, command = true }
local HIDDEN = '…'

-- No editor function may be called here: a part of the log is written while messages come in.
local function is_env(uri)
  local name = uri:match('[^/]*$')
  return vim.startswith(uri, 'envlsp://') or name:match('^%.env') ~= nil or name:match('%.env$') ~= nil
end

-- Whether a message names documents, and whether one of them is an env file.
local function named(value, depth)
  local any, env = false, false
  for key, one in pairs(depth > 0 and value or {}) do
    if type(one) == 'table' then
      local any_there, env_there = named(one, depth - 1)
      any, env = any or any_there, env or env_there
    end
    for _, word in ipairs({ key, one }) do
      if type(word) == 'string' and word:match('^%a[%w+.-]+://') then
        any, env = true, env or is_env(word)
      end
    end
  end
  return any, env
end

local function quiet(value)
  local copy = {}
  for key, one in pairs(value) do
    if type(one) == 'table' then
      copy[key] = quiet(one)
    else
      copy[key] = (type(one) ~= 'string' or STAYS[key]) and one or HIDDEN
    end
  end
  return copy
end

local function shown(value)
  if type(value) ~= 'table' then
    return value
  end
  local any, env = named(value, 8)
  return any and not env and value or quiet(value)
end

local is_set = false

---Write no texts from now on.
function M.setup()
  if is_set then
    return
  end
  is_set = true
  local log = require('vim.lsp.log')
  local inspect = { newline = ' ', indent = '' }
  if vim.fn.has('nvim-0.12') == 0 then
    log.set_format_func(function(value)
      return vim.inspect(shown(value), inspect)
    end)
    return
  end
  log.set_format_func(function(level, ...)
    if vim.lsp.log.levels[level] < log.get_level() then
      return nil
    end
    local parts = { ('[%s][%s]'):format(level, os.date('%F %H:%M:%S')) }
    for index = 1, select('#', ...) do
      table.insert(parts, vim.inspect(shown((select(index, ...))), inspect))
    end
    return table.concat(parts, '\t') .. '\n'
  end)
end

return M
