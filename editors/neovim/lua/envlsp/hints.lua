-- The words behind lines, where the person has them on. Neovim 0.11 asks for them anew when told to, and
-- draws the old ones for ever if a redraw comes before the answer: taken off and put on, they are drawn.
local M = {}

---Handle `workspace/inlayHint/refresh`.
function M.on_refresh(err, result, context)
  if vim.fn.has('nvim-0.12') == 1 then
    return vim.lsp.handlers['workspace/inlayHint/refresh'](err, result, context)
  end
  local client = vim.lsp.get_client_by_id(context.client_id)
  for buffer in pairs(client and client.attached_buffers or {}) do
    if vim.api.nvim_buf_is_loaded(buffer) and vim.lsp.inlay_hint.is_enabled({ bufnr = buffer }) then
      vim.lsp.inlay_hint.enable(false, { bufnr = buffer })
      vim.lsp.inlay_hint.enable(true, { bufnr = buffer })
    end
  end
  return vim.NIL
end

return M
