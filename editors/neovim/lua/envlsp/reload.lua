-- Shows what is on disk after a command has written there.
local M = {}

-- Of a file that was not there when its buffer was opened, Neovim would ask first.
local function is_new(buffer)
  local lines = vim.api.nvim_buf_get_lines(buffer, 0, 2, false)
  return #lines == 1
    and lines[1] == ''
    and not vim.bo[buffer].modified
    and vim.bo[buffer].buftype == ''
    and vim.fn.getfsize(vim.api.nvim_buf_get_name(buffer)) > 0
end

---Read again what has changed on disk and is not being edited.
function M.all()
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(buffer) and is_new(buffer) then
      vim.api.nvim_buf_call(buffer, vim.cmd.edit)
    end
  end
  vim.cmd.checktime()
end

return M
