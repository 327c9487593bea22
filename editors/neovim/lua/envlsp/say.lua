-- What people are told: one line by `vim.notify`, and what is longer in a float in the corner that takes no
-- focus and goes by itself. No value of a secret comes here.
local M = {}

local STAYS_MS = 12000
local MOST_COLUMNS = 80
local LEVELS = { vim.log.levels.ERROR, vim.log.levels.WARN, vim.log.levels.INFO, vim.log.levels.DEBUG }
local TITLE = { title = 'envlsp' }

---@type integer?
local corner

local function lines_of(text)
  local width = math.min(72, vim.o.columns - 8)
  local lines = {}
  for _, line in ipairs(vim.split(text, '\n', { plain = true })) do
    local row = ''
    for word in line:gmatch('%S+') do
      if row ~= '' and vim.fn.strdisplaywidth(row .. ' ' .. word) > width then
        table.insert(lines, row)
        row = '  ' .. word
      else
        row = row == '' and word or row .. ' ' .. word
      end
    end
    table.insert(lines, row)
  end
  return lines
end

local function close(window)
  if window and vim.api.nvim_win_is_valid(window) then
    vim.api.nvim_win_close(window, true)
  end
end

-- It stays as long as a command runs: an invitation is read aloud while it waits.
local function leave_later(window)
  vim.defer_fn(function()
    if vim.api.nvim_win_is_valid(window) and require('envlsp.server').is_busy() then
      leave_later(window)
    else
      close(window)
    end
  end, STAYS_MS)
end

---Show a text in the corner.
---@param text string
function M.aside(text)
  close(corner)
  local lines = lines_of(text)
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.bo[buffer].bufhidden = 'wipe'
  vim.bo[buffer].undolevels = -1
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  local width = 1
  for _, line in ipairs(lines) do
    width = math.max(width, vim.fn.strdisplaywidth(line))
  end
  corner = vim.api.nvim_open_win(buffer, false, {
    relative = 'editor',
    anchor = 'SE',
    row = vim.o.lines - vim.o.cmdheight - 1,
    col = vim.o.columns,
    width = math.max(1, math.min(width, vim.o.columns - 4)),
    height = math.max(1, math.min(#lines, vim.o.lines - 6)),
    style = 'minimal',
    border = 'rounded',
    title = ' envlsp ',
    focusable = false,
    noautocmd = true,
  })
  leave_later(corner)
end

-- A line that is long is to be read at leisure, such as a code that is read aloud, and kept in no messages.
local function fits(text)
  return not text:find('\n') and vim.fn.strdisplaywidth(text) < math.min(MOST_COLUMNS, vim.o.columns - 12)
end

---@param text string
---@param level? integer
function M.line(text, level)
  level = level or vim.log.levels.INFO
  if #vim.api.nvim_list_uis() == 0 or fits(text) then
    vim.notify(text, level, TITLE)
  else
    M.aside(text)
  end
end

---@param text string
function M.wrong(text)
  M.line(text, vim.log.levels.ERROR)
end

---Handle `window/showMessage`.
function M.on_message(_, params)
  M.line(params.message, LEVELS[params.type])
end

return M
