-- A result that takes more than a line: a float over the middle, of no file, without swap; `q` closes it.
-- What is in it came from teammates, so it is only text: nothing of it is run, and nothing is concealed.
local M = {}

local HELP = { { ' q closes ', 'FloatFooter' } }

local function size(lines, title)
  local width = vim.fn.strdisplaywidth(title) + 4
  for _, line in ipairs(lines) do
    width = math.max(width, vim.fn.strdisplaywidth(line))
  end
  return math.max(20, math.min(width + 1, vim.o.columns - 6)), math.max(1, math.min(#lines, vim.o.lines - 8))
end

-- What is wider than the screen goes on in the next line, further in.
local function wrap(window)
  local own = vim.wo[window]
  own.wrap, own.linebreak, own.breakindent, own.breakindentopt = true, true, true, 'shift:4'
  local needed = vim.api.nvim_win_text_height(window, {}).all
  vim.api.nvim_win_set_height(window, math.max(1, math.min(needed, vim.o.lines - 8)))
end

---Show lines, and return the window.
---@param title string
---@param lines string[]
---@param on_enter? fun(row: integer) what `<CR>` does on a line, from 1
function M.show(title, lines, on_enter)
  lines = #lines > 0 and lines or { 'nothing' }
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.bo[buffer].bufhidden = 'wipe'
  vim.bo[buffer].swapfile = false
  vim.bo[buffer].undolevels = -1
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  vim.bo[buffer].modifiable = false
  vim.bo[buffer].filetype = 'envlsp'
  local width, height = size(lines, title)
  local window = vim.api.nvim_open_win(buffer, true, {
    relative = 'editor',
    row = math.max(0, math.floor((vim.o.lines - height) / 2) - 2),
    col = math.max(0, math.floor((vim.o.columns - width) / 2) - 1),
    width = width,
    height = height,
    style = 'minimal',
    border = 'rounded',
    title = ' ' .. title .. ' ',
    footer = HELP,
    footer_pos = 'right',
  })
  wrap(window)
  vim.wo[window].cursorline = on_enter ~= nil
  local function close()
    if vim.api.nvim_win_is_valid(window) then
      vim.api.nvim_win_close(window, true)
    end
  end
  for _, key in ipairs({ 'q', '<Esc>' }) do
    vim.keymap.set('n', key, close, { buffer = buffer, nowait = true })
  end
  if on_enter then
    vim.keymap.set('n', '<CR>', function()
      local row = vim.api.nvim_win_get_cursor(window)[1]
      close()
      on_enter(row)
    end, { buffer = buffer, nowait = true })
  end
  return window
end

return M
