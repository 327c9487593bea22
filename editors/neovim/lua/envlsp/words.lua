-- Completion of words: Neovim offers those of every buffer, the values of an env file among them.
--
-- An option says which buffers are looked through, and none can be left out. So while a key is handled that
-- begins such a completion, env buffers are not in the list, and windows are not looked into.
local masks = require('envlsp.masks')

local M = {}

local function key(notation)
  return vim.keycode(notation)
end

-- Words before and behind, and whole lines.
local OFFERS = { [key('<C-n>')] = true, [key('<C-p>')] = true, [key('<C-l>')] = true }
-- Behind `<C-x>`: what looks through the buffer itself, whatever is set.
local OFFERS_ITSELF = vim.tbl_extend('error', { [key('<C-i>')] = true, [key('<C-d>')] = true }, OFFERS)
local NO_SOURCE = 'k'

local function env_buffers()
  return vim.tbl_filter(function(buffer)
    return vim.bo[buffer].buflisted and masks.is_covered(buffer)
  end, vim.api.nvim_list_bufs())
end

-- Nobody is told: it is undone before anything else happens.
local function unseen(change)
  local ignored = vim.o.eventignore
  vim.o.eventignore = 'all'
  change()
  vim.o.eventignore = ignored
end

local function set_listed(hidden, is_listed)
  unseen(function()
    for _, buffer in ipairs(hidden) do
      if vim.api.nvim_buf_is_valid(buffer) then
        vim.bo[buffer].buflisted = is_listed
      end
    end
  end)
end

local is_away = false

local function look_away(buffer)
  local hidden = env_buffers()
  if is_away or (#hidden == 0 and not vim.iter(vim.api.nvim_list_wins()):any(function(window)
    return masks.is_covered(vim.api.nvim_win_get_buf(window))
  end)) then
    return
  end
  is_away = true
  local sources = vim.bo[buffer].complete
  local others = vim.tbl_filter(function(source)
    return source ~= 'w' and source ~= 'U'
  end, vim.split(sources, ',', { plain = true }))
  set_listed(hidden, false)
  unseen(function()
    vim.bo[buffer].complete = table.concat(others, ',')
  end)
  vim.schedule(function()
    is_away = false
    set_listed(hidden, true)
    if vim.api.nvim_buf_is_valid(buffer) then
      unseen(function()
        vim.bo[buffer].complete = sources
      end)
    end
  end)
end

local function begins_completion(typed)
  return OFFERS[typed] or (#typed == 1 and vim.fn.exists('&autocomplete') == 1 and vim.o.autocomplete)
end

local function on_key(typed)
  if not OFFERS_ITSELF[typed] and not begins_completion(typed) then
    return
  end
  local mode, buffer = vim.api.nvim_get_mode().mode, vim.api.nvim_get_current_buf()
  if not mode:match('^[iR]') then
    return
  elseif not masks.is_covered(buffer) then
    look_away(buffer)
  elseif mode:match('x$') and OFFERS_ITSELF[typed] then
    return ''
  end
end

function M.setup()
  masks.also(function(buffer)
    vim.bo[buffer].complete = NO_SOURCE
  end)
  vim.on_key(on_key, vim.api.nvim_create_namespace('envlsp.words'))
end

return M
