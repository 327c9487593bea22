-- How lines differ from the newest release, as the server told it: a sign each, and after the last line the
-- names that were taken out. Whole each time. Spec: docs/lsp-extensions.md, "envlsp/masks".
local M = {}

local namespace = vim.api.nvim_create_namespace('envlsp.signs')

local SIGNS = {
  added = { '+', 'EnvlspAdded', 'Added' },
  changed = { '~', 'EnvlspChanged', 'Changed' },
  behind = { '<', 'EnvlspBehind', 'DiagnosticInfo' },
  ['removed-there'] = { '<', 'EnvlspBehind', 'DiagnosticInfo' },
  diverged = { '#', 'EnvlspDiverged', 'DiagnosticWarn' },
  conflicted = { '!', 'EnvlspConflicted', 'DiagnosticError' },
}
local REMOVED = 'EnvlspRemoved'
local HERE = { added = true, changed = true, diverged = true }

local function highlights()
  vim.api.nvim_set_hl(0, REMOVED, { link = 'Removed', default = true })
  for _, sign in pairs(SIGNS) do
    vim.api.nvim_set_hl(0, sign[2], { link = sign[3], default = true })
  end
end

-- Diagnostics have a sign too: by default there is room for one, and here for both.
local function make_room(buffer)
  for _, window in ipairs(vim.fn.win_findbuf(buffer)) do
    if vim.wo[window].signcolumn == 'auto' then
      vim.wo[window][0].signcolumn = 'auto:2'
    end
  end
end

local function draw(buffer, params)
  make_room(buffer)
  local last = vim.api.nvim_buf_line_count(buffer) - 1
  for _, one in ipairs(params.changes) do
    local sign = SIGNS[one.change]
    if sign and one.line <= last then
      vim.api.nvim_buf_set_extmark(buffer, namespace, one.line, 0, {
        sign_text = sign[1],
        sign_hl_group = sign[2],
        priority = 8,
      })
    end
  end
  if #params.removed > 0 then
    vim.api.nvim_buf_set_extmark(buffer, namespace, last, 0, {
      virt_lines = { { { '- ' .. table.concat(params.removed, ', '), REMOVED } } },
    })
  end
end

---Handle `envlsp/masks`: what it says besides masks.
function M.on_masks(_, params)
  local buffer = vim.uri_to_bufnr(params.uri)
  if not vim.api.nvim_buf_is_loaded(buffer) then
    return
  end
  vim.api.nvim_buf_clear_namespace(buffer, namespace, 0, -1)
  if vim.g.envlsp_signs ~= false then
    highlights()
    draw(buffer, params)
  end
  local here = #params.removed
  for _, one in ipairs(params.changes) do
    here = here + (HERE[one.change] and 1 or 0)
  end
  require('envlsp.standing').ahead(buffer, here)
end

return M
