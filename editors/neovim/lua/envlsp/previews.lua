-- Copies of env files in buffers without a name, as previewers make them: covered as the file would be.
--
-- Whoever shows a file asks Neovim what type it is, and the answer for env files is given here: so it is
-- known which buffer is asked about, or else which file. A copy is told by its text.
local masks = require('envlsp.masks')

local M = {}

local COMPARED_ROWS = 20
local COMPARED_BYTES = 200
local REMEMBERED_FILES = 16

---@type table<integer, true> buffers that show a copy for now
local copies = {}
---@type string[] env files that were asked about, the newest one first
local asked = {}
---@type table<integer, integer> the state in which a buffer was found to be no copy
local compared = {}

local function is_nobodys(buffer)
  local kind = vim.bo[buffer].buftype
  return kind == 'nofile' or (kind == '' and vim.api.nvim_buf_get_name(buffer) == '')
end

-- A previewer that empties its buffer shows another file next.
local function watch(buffer)
  vim.api.nvim_buf_attach(buffer, false, {
    on_lines = function()
      if not copies[buffer] then
        return true
      end
      local lines = vim.api.nvim_buf_get_lines(buffer, 0, 2, false)
      if #lines == 1 and lines[1] == '' then
        copies[buffer] = nil
        masks.uncover(buffer)
        return true
      end
    end,
    on_detach = function()
      copies[buffer] = nil
    end,
  })
end

-- Cover a buffer for as long as it shows this text.
local function cover(buffer)
  if vim.api.nvim_buf_is_valid(buffer) then
    masks.cover(buffer)
    if not copies[buffer] then
      copies[buffer] = true
      watch(buffer)
    end
  end
end

---Tell the type of an env file, for `vim.filetype.add`.
---@param path string
---@param buffer? integer
---@return string
function M.type_of(path, buffer)
  if buffer and vim.api.nvim_buf_is_valid(buffer) and is_nobodys(buffer) then
    cover(buffer)
  end
  asked = vim.tbl_filter(function(other)
    return other ~= path
  end, asked)
  table.insert(asked, 1, path)
  asked[REMEMBERED_FILES + 1] = nil
  compared = {}
  return 'env'
end

-- Rows are cut short by some, and only so many are looked at.
local function same(lines, path)
  local file = io.open(path)
  if not file then
    return false
  end
  local rows = {}
  for text in file:lines() do
    table.insert(rows, (text:gsub('\r$', '')))
    if #rows == COMPARED_ROWS then
      break
    end
  end
  file:close()
  for row = 1, math.max(#rows, #lines) do
    if (rows[row] or ''):sub(1, COMPARED_BYTES) ~= (lines[row] or ''):sub(1, COMPARED_BYTES) then
      return false
    end
  end
  return true
end

local function is_copy(buffer)
  if #asked == 0 or not is_nobodys(buffer) then
    return false
  end
  local state = vim.api.nvim_buf_get_changedtick(buffer)
  if compared[buffer] == state then
    return false
  end
  compared[buffer] = state
  local lines = vim.api.nvim_buf_get_lines(buffer, 0, COMPARED_ROWS, false)
  if #lines == 1 and lines[1] == '' then
    return false
  end
  return vim.iter(asked):any(function(path)
    return same(lines, path)
  end)
end

function M.setup()
  masks.find(function(buffer)
    if is_copy(buffer) then
      vim.schedule(function()
        cover(buffer)
      end)
      return true
    end
  end)
  vim.api.nvim_create_autocmd('User', {
    group = vim.api.nvim_create_augroup('envlsp.previews', {}),
    pattern = 'TelescopePreviewerLoaded',
    callback = function(event)
      if event.data and event.data.bufname and masks.is_env_name(event.data.bufname) then
        cover(event.buf)
      end
    end,
  })
end

return M
