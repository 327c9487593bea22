-- What is there from the start: the file type of .env files, masks before a file is read, and the commands.
-- It is read at every start, so it only says what there is; each part is loaded when it is first used.
if vim.g.loaded_envlsp or vim.fn.has('nvim-0.11') == 0 then
  return
end
vim.g.loaded_envlsp = true

-- Whoever asks for the type of an env file may be about to show a copy of it.
local function env(path, buffer)
  return require('envlsp.previews').type_of(path, buffer)
end

-- In any letters and case: to some disks `.ENV` is `.env`.
vim.filetype.add({
  extension = { env = env },
  filename = { ['.env'] = env },
  pattern = { ['%.[eE][nN][vV]'] = env, ['%.[eE][nN][vV]%..+'] = env, ['.+%.[eE][nN][vV]'] = env },
})

require('envlsp.masks').setup()

-- --- commands -------------------------------------------------------------------------------------

local function define(name, says, bang)
  vim.api.nvim_create_user_command('Env' .. name, function(given)
    require('envlsp.commands').run(name, given.fargs, given.bang)
  end, {
    nargs = '*',
    bang = bang,
    desc = says,
    complete = function(lead, line, at)
      return require('envlsp.complete').words(name, lead, line:sub(1, at))
    end,
  })
end

define('Push', 'Make a release of this .env file', true)
define('Pull', 'Write the newest release into the .env file; with ! over edits of your own', true)
define('Status', 'How the file stands to the newest release')
define('Log', 'The releases')
define('Diff', 'What changed since a release')
define('Rollback', 'Make an older release the newest one')
define('Resolve', 'Decide between releases that disagree')
define('Set', 'Give a name a value that is typed unseen')
define('Reveal', 'Show the value of the name under the cursor, for some seconds')
define('Copy', 'Put the value of the name under the cursor into the clipboard, for some seconds')
define('Switch', 'Which environment commands are about')
define('Open', 'Edit the newest release, or look at an older one')
define('Invite', 'Let somebody into the team')
define('Join', 'Join a team by a code or a link')
define('Access', 'Who may do what: list, grant, revoke, rotate, why, exposure, confirm, contest')
define('Sync', 'Exchange news with teammates')
define('Mask', 'Take the masks off, or put them on')
define('Present', 'While presenting nothing is revealed or copied')
define('Lock', 'Forget the keys until the passphrase is typed')
define('Unlock', 'Open the keys of this device')

vim.api.nvim_create_user_command('Env', function(given)
  require('envlsp.commands').any(given.fargs)
end, {
  nargs = '+',
  desc = 'Any command of the server: :Env VERB ++name=value',
  complete = function(lead, line, at)
    return require('envlsp.complete').words('', lead, line:sub(1, at))
  end,
})

vim.api.nvim_create_user_command('EnvStop', function()
  require('envlsp.server').stop()
end, { desc = 'Take back what still waits for somebody' })

-- No key is taken: these are for your own mappings.
for plug, command in pairs({ reveal = 'EnvReveal', copy = 'EnvCopy', status = 'EnvStatus', log = 'EnvLog', mask = 'EnvMask' }) do
  vim.keymap.set('n', ('<Plug>(envlsp-%s)'):format(plug), ('<Cmd>%s<CR>'):format(command))
end

-- --- what happens to buffers and servers ----------------------------------------------------------

local group = vim.api.nvim_create_augroup('envlsp', {})

local function on(event, pattern, callback)
  vim.api.nvim_create_autocmd(event, { group = group, pattern = pattern, callback = callback })
end

on('BufReadCmd', 'envlsp://*', function(event)
  require('envlsp.documents').read(event.buf)
end)
on('BufWriteCmd', 'envlsp://*', function(event)
  require('envlsp.documents').write(event.buf)
end)

-- A command may have written a file: show what is on disk now.
on('LspRequest', nil, function(event)
  local request = event.data.request
  if request.type == 'complete' and request.method == 'workspace/executeCommand' then
    local client = vim.lsp.get_client_by_id(event.data.client_id)
    if client and client.name == 'envlsp' then
      vim.schedule(require('envlsp.reload').all)
    end
  end
end)

-- The words of the status line are of the server that a buffer has.
on({ 'LspAttach', 'LspDetach', 'BufFilePost', 'BufWipeout' }, nil, function(event)
  if package.loaded['envlsp.standing'] then
    require('envlsp.standing').moved(event.buf)
  end
end)
