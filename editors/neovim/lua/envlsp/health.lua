-- `:checkhealth envlsp`: this editor, the program, the server, what keeps values covered, what is logged, and what
-- `envlsp doctor` finds, each with what mends it.
local health = vim.health

local M = {}

local DOCTOR_MS = 30000
local ENABLE = "put vim.lsp.enable('envlsp') into your config"
local INSTALL = {
  'install it from a clone of its repository: `pipx install .`',
  'or say where it is: `:help envlsp-program`',
}

local function editor()
  health.start('Neovim')
  local version = tostring(vim.version())
  if vim.fn.has('nvim-0.11') == 1 then
    health.ok(version)
  else
    health.error(version .. ' is too old', 'install Neovim 0.11 or newer')
  end
end

local function program()
  local config = vim.lsp.config.envlsp
  local cmd = config and config.cmd
  return type(cmd) == 'table' and cmd[1] or 'envlsp'
end

-- Returns where the program is, where there is one that works.
local function find_program()
  health.start('The program')
  local path = vim.fn.exepath(program())
  if path == '' then
    health.error(('there is no %s on the PATH'):format(program()), INSTALL)
    return nil
  end
  local done = vim.system({ path, '--version' }, { text = true, timeout = DOCTOR_MS }):wait()
  if done.code ~= 0 then
    health.error(('%s does not run'):format(path), INSTALL)
    return nil
  end
  health.ok(('%s: %s'):format(path, vim.trim(done.stdout)))
  return path
end

local function servers()
  health.start('The server')
  if vim.lsp.is_enabled and not vim.lsp.is_enabled('envlsp') then
    health.error('it is not turned on', ENABLE)
  end
  local clients = vim.lsp.get_clients({ name = 'envlsp' })
  for _, client in ipairs(clients) do
    local count = vim.tbl_count(client.attached_buffers)
    health.ok(('runs for %s, with %d buffer%s'):format(client.root_dir or 'no folder', count, count == 1 and '' or 's'))
  end
  if #clients == 0 then
    health.info('none runs: it starts with the first file it is for (.env, code, ev.yaml)')
  end
end

local function bare_windows()
  local masks, found = require('envlsp.masks'), 0
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    local is_bare = masks.is_covered(vim.api.nvim_win_get_buf(window)) and vim.wo[window].conceallevel ~= 2
    found = found + (is_bare and 1 or 0)
  end
  return found
end

local function masks()
  health.start('What is on the screen')
  if vim.fn.has('conceal') == 0 then
    health.error('this Neovim cannot conceal text, so nothing is covered', 'install another build')
  elseif bare_windows() > 0 then
    health.warn('a window shows a .env file without conceallevel=2', 'look which plugin sets it: `:verbose set conceallevel?`')
  else
    health.ok('values are covered')
  end
  for _, status in pairs(require('envlsp.standing').all()) do
    if not status.masked then
      health.warn('masks are off in this editor', ':EnvMask puts them on')
    elseif status.presenting then
      health.info('presenting: nothing is revealed or copied; :EnvPresent ends it')
    end
  end
end

local function clipboard()
  health.start('The clipboard')
  if vim.fn.has('clipboard') == 1 then
    health.ok(':EnvCopy has one: ' .. vim.fn['provider#clipboard#Executable']())
  else
    health.warn('there is none, so :EnvCopy has nowhere to copy to', '`:help clipboard` says which programs make one')
  end
end

-- The levels at which Neovim writes whole messages down.
local TELLING = { [vim.log.levels.TRACE] = 'TRACE', [vim.log.levels.DEBUG] = 'DEBUG' }

local function logs()
  health.start('The log of language servers')
  local log = require('vim.lsp.log')
  local level, path = TELLING[log.get_level()], log.get_filename()
  if not level then
    return health.ok('holds no messages')
  end
  health.warn(
    ('is at the level %s: values of files that other servers read, or that were open before any env file, may be in %s'):format(
      level,
      path
    ),
    {
      "`:lua vim.lsp.log.set_level('WARN')`, and the same in your config where it says " .. level,
      ("then delete it: `:call delete('%s')`"):format(path),
    }
  )
end

local SAYS = { ok = health.ok, warn = health.warn, fail = health.error, skipped = health.info }

local function doctor(path)
  local done = vim.system({ path, 'doctor', '--json' }, { text = true, timeout = DOCTOR_MS, cwd = vim.fn.getcwd() }):wait()
  local is_read, found = pcall(vim.json.decode, done.stdout or '', { luanil = { object = true } })
  if not is_read or type(found) ~= 'table' or not found.checks then
    health.start('envlsp doctor')
    return health.error('it did not answer', 'run `envlsp doctor` in a terminal')
  end
  local section
  for _, check in ipairs(found.checks) do
    if check.section ~= section then
      section = check.section
      health.start('envlsp doctor: ' .. section)
    end
    local advice = check.fix and { check.fix } or nil
    SAYS[check.status](('%s: %s'):format(check.name, check.says), advice)
  end
end

function M.check()
  editor()
  local path = find_program()
  servers()
  masks()
  logs()
  clipboard()
  if path then
    doctor(path)
  end
end

return M
