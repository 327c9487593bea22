-- What others use of this plugin: the words of the status line, the commands, and the handlers that
-- lsp/envlsp.lua gives to the server's client. All of it is passed on; everything is decided by the server.
local M = {}

---The words of the status line about the buffer: `%{v:lua.require'envlsp'.statusline()}`.
---@return string
function M.statusline()
  return require('envlsp.standing').line()
end

---Run a command of the server about the buffer, as `:Env` does.
---@param verb string `push`, `access.list`, …
---@param argument? table
function M.run(verb, argument)
  require('envlsp.commands').verb(verb, argument or {}, vim.api.nvim_get_current_buf())
end

-- Each is loaded when it is first told something.
local function passed_to(module, name)
  return function(...)
    return require('envlsp.' .. module)[name](...)
  end
end

M.handlers = {
  ['envlsp/masks'] = function(...)
    require('envlsp.masks').on_masks(...)
    require('envlsp.signs').on_masks(...)
  end,
  ['envlsp/files'] = passed_to('named', 'on_files'),
  ['envlsp/status'] = passed_to('standing', 'on_status'),
  ['envlsp/input'] = passed_to('ask', 'input'),
  ['envlsp/pick'] = passed_to('ask', 'pick'),
  ['window/showMessage'] = passed_to('say', 'on_message'),
  ['workspace/inlayHint/refresh'] = passed_to('hints', 'on_refresh'),
  ['workspace/textDocumentContent/refresh'] = passed_to('documents', 'on_refresh'),
}

return M
