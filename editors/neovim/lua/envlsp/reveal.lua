-- A value for the eyes, and a value for the clipboard: the two results of the server that carry one.
--
-- It passes no register but the clipboard's own, no message, no file, and it goes away after the seconds
-- that the server said. What the clipboard and the registers need for that is in private.lua.
local server = require('envlsp.server')

local M = {}

local LEAVES = { 'InsertEnter', 'WinLeave', 'BufLeave', 'FocusLost', 'TabLeave' }
local MOVES = { 'CursorMoved', 'CursorMovedI' }

local hide = function() end

local function size(lines)
  local width = 1
  for _, line in ipairs(lines) do
    width = math.max(width, vim.fn.strdisplaywidth(line))
  end
  return math.min(width, vim.o.columns - 4), math.min(#lines, 10)
end

-- The value is in a buffer of its own that cannot be entered and is gone when it closes.
local function show(value, expires_s)
  hide()
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.bo[buffer].bufhidden = 'wipe'
  vim.bo[buffer].undolevels = -1
  local lines = vim.split(value, '\n', { plain = true })
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  local width, height = size(lines)
  local window = vim.api.nvim_open_win(buffer, false, {
    relative = 'cursor',
    row = 1,
    col = 0,
    width = width,
    height = height,
    style = 'minimal',
    border = 'rounded',
    focusable = false,
    noautocmd = true,
  })
  local group = vim.api.nvim_create_augroup('envlsp.reveal', {})
  local function close()
    if vim.api.nvim_win_is_valid(window) then
      vim.api.nvim_win_close(window, true)
      vim.api.nvim_clear_autocmds({ group = group })
    end
  end
  vim.api.nvim_create_autocmd(LEAVES, { group = group, callback = close })
  -- The event of a move that was over before the value came is no reason.
  local place = vim.api.nvim_win_get_cursor(0)
  vim.api.nvim_create_autocmd(MOVES, {
    group = group,
    callback = function()
      if not vim.deep_equal(place, vim.api.nvim_win_get_cursor(0)) then
        close()
      end
    end,
  })
  vim.defer_fn(close, expires_s * 1000)
  hide = close
end

-- The name that was given, or the place where the cursor is.
local function meant(argument, buffer)
  local client = server.of(buffer)
  if not argument.name and client and buffer == vim.api.nvim_get_current_buf() then
    argument.position = vim.lsp.util.make_position_params(0, client.offset_encoding).position
  end
  return argument
end

---@param argument table
---@param buffer integer
function M.reveal(argument, buffer)
  server.execute('envlsp.reveal', meant(argument, buffer), function(result)
    show(result.value, result.expires_s)
  end, { buffer = buffer })
end

---@param argument table
---@param buffer integer
function M.copy(argument, buffer)
  local say = require('envlsp.say')
  server.execute('envlsp.copy', meant(argument, buffer), function(result)
    if require('envlsp.private').copy(result.value, result.expires_s) then
      say.line(('%s is in the clipboard for %d seconds'):format(result.name, result.expires_s))
    else
      say.wrong('there is no clipboard here; :checkhealth envlsp says what makes one')
    end
  end, { buffer = buffer })
end

return M
