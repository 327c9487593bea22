-- Lines of env buffers in other places: the texts in lists of places, and the preview of a substitution.
local masks = require('envlsp.masks')

local M = {}

-- --- quickfix and location lists ----------------------------------------------------------------------

local function is_env(buffer)
  return buffer > 0
    and (masks.is_covered(buffer) or masks.is_env_name(vim.api.nvim_buf_get_name(buffer)))
end

-- The texts of a list with what may be seen of those of env files; nothing if all are so already.
local function seen(items)
  local is_changed = false
  for _, item in ipairs(items) do
    -- A problem's text is a sentence of a server's, a line of the file has no kind.
    if is_env(item.bufnr) and item.type == '' and item.text ~= '' then
      local text = masks.seen(vim.trim(item.text))
      is_changed = is_changed or text ~= item.text
      item.text = text
    end
  end
  return is_changed and items or nil
end

local function clean(get, set)
  local items = seen(get({ items = 0 }).items or {})
  if items then
    set({ items = items })
  end
end

---Take what may be a value out of the lists.
local function clean_lists()
  clean(vim.fn.getqflist, function(what)
    vim.fn.setqflist({}, 'r', what)
  end)
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    clean(function(what)
      return vim.fn.getloclist(window, what)
    end, function(what)
      vim.fn.setloclist(window, {}, 'r', what)
    end)
  end
end

-- A list that is drawn before it was cleaned: nothing of it shows, and it is cleaned at once.
local function is_to_be_cleaned(buffer)
  if vim.bo[buffer].buftype ~= 'quickfix' then
    return false
  end
  local window = vim.fn.bufwinid(buffer)
  local is_location = vim.fn.getwininfo(window)[1].loclist == 1
  local items = is_location and vim.fn.getloclist(window) or vim.fn.getqflist()
  if not seen(items) then
    return false
  end
  vim.schedule(function()
    clean_lists()
    masks.uncover(buffer)
    vim.api.nvim__redraw({ buf = buffer, valid = false })
  end)
  return true
end

-- --- the preview of a substitution --------------------------------------------------------------------

-- With 'split' Neovim copies lines into a window of its own.
local usual

local function preview_in_place(event)
  if masks.is_covered(event.buf) and vim.o.inccommand == 'split' then
    usual = vim.o.inccommand
    vim.o.inccommand = 'nosplit'
  end
end

local function preview_as_usual()
  if usual then
    vim.o.inccommand = usual
    usual = nil
  end
end

function M.setup()
  masks.find(is_to_be_cleaned)
  local group = vim.api.nvim_create_augroup('envlsp.elsewhere', {})
  local on = vim.api.nvim_create_autocmd
  on('QuickFixCmdPost', { group = group, callback = clean_lists })
  on('FileType', { group = group, pattern = 'qf', callback = vim.schedule_wrap(clean_lists) })
  on('CmdlineEnter', { group = group, pattern = ':', callback = preview_in_place })
  on('CmdlineLeave', { group = group, pattern = ':', callback = vim.schedule_wrap(preview_as_usual) })
end

return M
