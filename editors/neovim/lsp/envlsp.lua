-- The server as Neovim starts it: `vim.lsp.enable('envlsp')`.
local envlsp = require('envlsp')

---@type vim.lsp.Config
return {
  cmd = { 'envlsp', 'lsp' },
  filetypes = {
    'env',
    'python',
    'javascript',
    'javascriptreact',
    'typescript',
    'typescriptreact',
    'yaml',
  },
  -- One server for a project. Of YAML only ev.yaml is its business.
  root_dir = function(bufnr, on_dir)
    local name = vim.fs.basename(vim.api.nvim_buf_get_name(bufnr))
    if vim.bo[bufnr].filetype ~= 'yaml' or name == 'ev.yaml' then
      on_dir(vim.fs.root(bufnr, 'ev.yaml') or vim.fs.root(bufnr, '.git'))
    end
  end,
  workspace_required = false,
  get_language_id = function(_, filetype)
    return filetype == 'env' and 'dotenv' or filetype
  end,
  capabilities = {
    workspace = { textDocumentContent = { dynamicRegistration = false } },
    experimental = {
      envlsp = { input = true, pick = true, status = true, reveal = true, masks = true, files = true, words = true },
    },
  },
  -- Masks follow the text: what is typed is told at once.
  flags = { debounce_text_changes = 10 },
  handlers = envlsp.handlers,
  on_exit = function(_, _, id)
    vim.schedule(function()
      require('envlsp.standing').ended(id)
    end)
  end,
}
