-- What is there from the start: the file type of .env files, and the commands.
if vim.g.loaded_envlsp or vim.fn.has('nvim-0.11') == 0 then
  return
end
vim.g.loaded_envlsp = true

vim.filetype.add({
  extension = { env = 'env' },
  filename = { ['.env'] = 'env' },
  pattern = { ['%.env%.[%w_.-]+'] = 'env' },
})

require('envlsp.masks').setup()

require('envlsp.commands').setup(function(...)
  require('envlsp').execute(...)
end)

local command = vim.api.nvim_create_user_command

command('EnvPush', function(given)
  require('envlsp').push(given.args)
end, { nargs = '?', desc = 'Make a release of this .env file: :EnvPush [message]' })

command('EnvPull', function(given)
  require('envlsp').pull(given.bang)
end, { bang = true, desc = 'Write the newest release into the .env file; with ! over edits of your own' })

command('EnvReveal', function(given)
  require('envlsp').reveal(given.args)
end, { nargs = '?', desc = 'Show the value of the name under the cursor, for some seconds' })

-- A command may have written a file: show what is on disk now. Of a file that was not there when its buffer
-- was opened, Neovim would ask first.
local function reload()
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    local lines = vim.api.nvim_buf_get_lines(buffer, 0, 2, false)
    local name = vim.api.nvim_buf_get_name(buffer)
    if #lines == 1 and lines[1] == '' and not vim.bo[buffer].modified and vim.bo[buffer].buftype == '' and vim.fn.getfsize(name) > 0 then
      vim.api.nvim_buf_call(buffer, vim.cmd.edit)
    end
  end
  vim.cmd.checktime()
end

vim.api.nvim_create_autocmd('LspRequest', {
  group = vim.api.nvim_create_augroup('envlsp', {}),
  callback = function(event)
    local request = event.data.request
    local client = vim.lsp.get_client_by_id(event.data.client_id)
    local is_ours = client and client.name == 'envlsp'
    if is_ours and request.type == 'complete' and request.method == 'workspace/executeCommand' then
      vim.schedule(reload)
    end
  end,
})
