-- Keeps what an env buffer holds out of every file that Neovim writes by itself.
--
-- Swap, undo and backup files are off for such buffers. What was yanked there belongs to the person while
-- Neovim runs, and is gone from the registers before they are written down at the end; until then there is
-- no shada file to write to. Of what is typed there behind `:`, `/` and `?` only plain commands stay in the
-- history. Of values no second copy is kept here: what is remembered of a line is its hash.
local masks = require('envlsp.masks')

local M = {}

local REGISTERS = vim.split('"0123456789abcdefghijklmnopqrstuvwxyz-', '')
local PLAIN_COMMAND = '^%s*%a+!?%s*$'

---@type table<integer, true> buffers that are kept out of files
local buffers = {}
---@type table<string, true> hashes of lines that were in such a buffer
local remembered = {}
local shadafile, talk, pattern_before

---@param buffer? integer
function M.is_private(buffer)
  return buffers[buffer or vim.api.nvim_get_current_buf()] == true
end

-- --- swap, undo and backup ----------------------------------------------------------------------------

local function off(buffer, option)
  if vim.bo[buffer][option] then
    vim.bo[buffer][option] = false
  end
end

---Keep a buffer out of files from now on, whatever its name becomes.
---@param buffer integer
function M.protect(buffer)
  buffers[buffer] = true
  off(buffer, 'swapfile')
  off(buffer, 'undofile')
  require('envlsp.logs').setup()
end

-- Backups are decided by global options; of those only this one tells files apart.
local function no_backup_of(path)
  local pattern = path:gsub('[\\*?%[{,]', '\\%0')
  local skipped = vim.opt.backupskip:get()
  if not vim.tbl_contains(skipped, pattern) then
    vim.opt.backupskip:append(pattern)
  end
end

-- --- registers and shada ------------------------------------------------------------------------------

-- Until registers and patterns were looked through, at the end, none of them is written down.
local function write_none()
  if not shadafile then
    shadafile = vim.o.shadafile
    vim.o.shadafile = 'NONE'
  end
end

local function write_as_usual()
  if shadafile and vim.o.shadafile == 'NONE' then
    vim.o.shadafile = shadafile
  end
  shadafile = nil
end

local function remember(lines)
  for _, line in ipairs(lines) do
    if line ~= '' then
      remembered[vim.fn.sha256(line)] = true
    end
  end
  write_none()
end

local function is_remembered(lines)
  for _, line in ipairs(lines) do
    if line ~= '' and remembered[vim.fn.sha256(line)] then
      return true
    end
  end
  return false
end

local function lines_in(register)
  return vim.fn.getreg(register, 1, true)
end

-- A plugin may have filled a register without a word: what the buffers still hold is looked for as well.
local function remember_texts()
  for buffer in pairs(buffers) do
    if vim.api.nvim_buf_is_loaded(buffer) then
      remember(vim.api.nvim_buf_get_lines(buffer, 0, -1, false))
      remember(masks.covered_texts(buffer))
    end
  end
end

-- The last substitution is kept by Neovim besides the pattern, and goes only by another one.
local function forget_substitution()
  local scratch = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_call(scratch, function()
    vim.cmd([[silent! noautocmd substitute/^\n$//e]])
  end)
  vim.api.nvim_buf_delete(scratch, { force = true })
end

---Take out of the registers and the last search what came from env buffers.
function M.forget()
  remember_texts()
  for _, register in ipairs(REGISTERS) do
    if is_remembered(lines_in(register)) then
      vim.fn.setreg(register, {})
    end
  end
  local pattern = lines_in('/')
  if next(remembered) then
    forget_substitution()
    vim.fn.setreg('/', is_remembered(pattern) and '' or pattern[1] or '')
  end
  write_as_usual()
end

-- --- what was typed and searched ----------------------------------------------------------------------

-- A search with `*` passes no command line, so the pattern itself is watched.
local function forget_search()
  local pattern = vim.fn.getreg('/')
  if M.is_private() and pattern ~= pattern_before then
    pattern_before = pattern
    remember({ pattern })
    if vim.fn.histget('/', -1) == pattern then
      vim.fn.histdel('/', -1)
    end
  end
end

local function forget_typed(kind)
  local typed = vim.fn.getcmdline()
  if typed == '' or (kind == ':' and typed:match(PLAIN_COMMAND)) then
    return
  end
  write_none()
  vim.schedule(function()
    if vim.fn.histget(kind, -1) == typed then
      vim.fn.histdel(kind, -1)
    end
    forget_search()
  end)
end

-- A file of all that Neovim says holds what is typed behind `/` and `:` as well.
local function say_nothing()
  if vim.o.verbosefile ~= '' then
    talk = { vim.o.verbosefile, vim.o.verbose }
    vim.o.verbose, vim.o.verbosefile = 0, ''
  end
end

local function say_as_usual()
  if talk and vim.o.verbosefile == '' then
    vim.o.verbosefile, vim.o.verbose = unpack(talk)
  end
  talk = nil
end

-- --- the clipboard ------------------------------------------------------------------------------------

local copied = 0

-- A terminal that is asked for its clipboard may ask the person, or never answer.
local function still_holds(hash)
  local tells = vim.fn['provider#clipboard#Executable']() ~= 'OSC 52'
  return not tells or vim.fn.sha256(vim.fn.getreg('+')) == hash
end

---Put a value into the clipboard, and into no register that is kept; take it out again after some time.
---@param value string
---@param seconds integer
---@return boolean copied false where there is no clipboard
function M.copy(value, seconds)
  if vim.fn.has('clipboard') == 0 then
    return false
  end
  vim.fn.setreg('+', value, 'v')
  copied = copied + 1
  local number, hash = copied, vim.fn.sha256(value)
  local function clear()
    if number == copied and still_holds(hash) then
      vim.fn.setreg('+', '')
    end
    copied = copied + 1
  end
  vim.defer_fn(function()
    if number == copied then
      clear()
    end
  end, seconds * 1000)
  vim.api.nvim_create_autocmd('VimLeavePre', {
    group = vim.api.nvim_create_augroup('envlsp.copied', {}),
    callback = function()
      if number == copied then
        clear()
      end
    end,
  })
  return true
end

local function on(events, callback, pattern)
  vim.api.nvim_create_autocmd(events, {
    group = vim.api.nvim_create_augroup('envlsp.private', { clear = false }),
    pattern = pattern,
    callback = callback,
  })
end

local function in_private(act)
  return function(event)
    if M.is_private(event.buf) then
      act(event)
    end
  end
end

function M.setup()
  vim.api.nvim_create_augroup('envlsp.private', {})
  masks.also(M.protect)
  local again = in_private(function(event)
    M.protect(event.buf)
  end)
  on('OptionSet', again, { 'swapfile', 'undofile' })
  -- Where an option was set by another's command on an event, nobody is told of it.
  on({ 'BufEnter', 'InsertEnter', 'TextChanged', 'CursorMoved' }, again)
  on('FileReadPre', function(event)
    if masks.is_env_name(event.match) then
      M.protect(event.buf)
    end
  end)
  on({ 'BufWritePre', 'FileWritePre', 'FileAppendPre' }, in_private(function(event)
    M.protect(event.buf)
    no_backup_of(event.match)
  end))
  on('TextYankPost', in_private(function()
    remember(vim.v.event.regcontents)
    local register = vim.v.event.regname:lower()
    remember(lines_in(register == '' and '"' or register))
  end))
  on('RecordingLeave', in_private(function()
    remember(vim.split(vim.v.event.regcontents, '\n', { plain = true }))
  end))
  on('BufEnter', in_private(function()
    pattern_before = vim.fn.getreg('/')
    say_nothing()
  end))
  on('BufLeave', in_private(say_as_usual))
  on({ 'CursorMoved', 'BufLeave' }, in_private(forget_search))
  on('CmdlineLeave', in_private(function(event)
    forget_typed(event.match)
  end))
  on('BufWipeout', function(event)
    buffers[event.buf] = nil
  end)
  on('VimLeavePre', function()
    if next(buffers) or next(remembered) then
      M.forget()
    end
  end)
end

return M
