-- Covers in every redraw what the server said to cover, so that no frame shows a value.
--
-- Nothing is decided here. `told` is what the server said last; `live` is the same, moved along with the
-- edits since: what was typed, pasted or brought back is covered until the server has spoken of it. Where it
-- said nothing, the rule of rules.lua holds. Covers are in bytes, from zero; a row is a list of { first, last }.
local rules = require('envlsp.rules')

local M = {}

local namespace = vim.api.nvim_create_namespace('envlsp.masks')
-- The other engine counts to 63 in states: a thousand times as slow.
local seen_at_most = vim.regex([[\%#=1]] .. rules.seen_at_most)
local FOLDED = "'+-- '.(v:foldend - v:foldstart + 1).' lines'"
local SHOWN = { conceallevel = 2, concealcursor = 'nvic', foldtext = FOLDED }

---@type table<integer, { told: table?, live: table?, attached: boolean? }>
local buffers = {}
---@type (fun(buffer: integer))[] called of each buffer that is covered
local listeners = {}
---@type (fun(buffer: integer): boolean?)[] asked, while it is drawn, whether a buffer is to be covered
local finders = {}

-- Rows as they are after an edit: what is left of the covers on both sides, and all that was put in.
local function moved(live, row, col, old_rows, old_col, new_rows, new_col)
  local old_last = old_rows == 0 and col + old_col or old_col
  local new_last = new_rows == 0 and col + new_col or new_col
  local before, after = {}, {}
  for _, cover in ipairs(live[row + 1] or { { 0, math.huge } }) do
    if cover[1] < col then
      table.insert(before, { cover[1], math.min(cover[2], col) })
    end
  end
  for _, cover in ipairs(live[row + old_rows + 1] or { { 0, math.huge } }) do
    if cover[2] > old_last then
      table.insert(after, { math.max(cover[1], old_last) - old_last + new_last, cover[2] - old_last + new_last })
    end
  end
  local put = {}
  for at = 0, new_rows do
    local cover = { at == 0 and col or 0, at == new_rows and new_last or math.huge }
    put[at + 1] = cover[1] < cover[2] and { cover } or {}
  end
  put[1] = vim.list_extend(before, put[1])
  vim.list_extend(put[#put], after)
  local rows = vim.list_slice(live, 1, row)
  vim.list_extend(rows, put)
  return vim.list_extend(rows, live, row + old_rows + 2)
end

-- Edits of one row, the most common, need no new list.
local function move(state, row, col, old_rows, old_col, new_rows, new_col)
  if not state.live then
    return
  elseif row >= #state.live then
    state.live = nil
  elseif old_rows == 0 and new_rows == 0 then
    state.live[row + 1] = moved({ state.live[row + 1] }, 0, col, 0, old_col, 0, new_col)[1]
  else
    state.live = moved(state.live, row, col, old_rows, old_col, new_rows, new_col)
  end
end

local function attach(buffer, state)
  state.attached = vim.api.nvim_buf_attach(buffer, false, {
    preview = true,
    on_bytes = function(_, _, _, row, col, _, old_rows, old_col, _, new_rows, new_col)
      move(state, row, col, old_rows, old_col, new_rows, new_col)
    end,
    on_reload = function()
      state.told, state.live = nil, nil
    end,
    on_detach = function()
      state.told, state.live, state.attached = nil, nil, false
    end,
  })
end

-- Windows: options of a window that shows such a buffer; local ones, so another buffer there has its own.
local function show_in(window)
  for name, value in pairs(SHOWN) do
    if vim.wo[window][name] ~= value then
      vim.wo[window][0][name] = value
    end
  end
end

local function show(buffer)
  for _, window in ipairs(vim.fn.win_findbuf(buffer)) do
    show_in(window)
  end
end

---Cover a buffer from now on.
---@param buffer integer
function M.cover(buffer)
  buffers[buffer] = buffers[buffer] or {}
  if not buffers[buffer].attached and vim.api.nvim_buf_is_loaded(buffer) then
    attach(buffer, buffers[buffer])
  end
  for _, listener in ipairs(listeners) do
    listener(buffer)
  end
  show(buffer)
end

---Cover a buffer no more: it shows something else.
---@param buffer integer
function M.uncover(buffer)
  buffers[buffer] = nil
  vim.api.nvim_buf_clear_namespace(buffer, namespace, 0, -1)
end

---Be told of each buffer that is covered.
---@param listener fun(buffer: integer)
function M.also(listener)
  table.insert(listeners, listener)
end

---Be asked, while a buffer is drawn of which nothing is known, whether to cover it.
---@param finder fun(buffer: integer): boolean?
function M.find(finder)
  table.insert(finders, finder)
end

---@param buffer integer
function M.is_covered(buffer)
  return buffers[buffer] ~= nil
end

-- What of a row is covered, cut at the end of its text.
local function covers_of(state, row, text)
  local covers = state.attached and state.live and state.live[row + 1]
  if not covers then
    local first, last = seen_at_most:match_str(text)
    covers = { { first and last or 0, #text } }
  end
  local found = {}
  for _, cover in ipairs(covers) do
    local last = math.min(cover[2], #text)
    local before = found[#found]
    if before and cover[1] <= before[2] then
      before[2] = math.max(before[2], last)
    elseif cover[1] < last then
      table.insert(found, { cover[1], last })
    end
  end
  return found
end

local function text_of(buffer, row)
  return vim.api.nvim_buf_get_lines(buffer, row, row + 1, false)[1] or ''
end

-- The dots take room in a line, so they are laid before it is drawn.
local function dot(buffer, state, top, bottom)
  for row = top, bottom do
    local covers = covers_of(state, row, text_of(buffer, row))
    local marks = vim.api.nvim_buf_get_extmarks(buffer, namespace, { row, 0 }, { row, -1 }, {})
    local is_there = #marks == #covers
    for index, mark in ipairs(marks) do
      is_there = is_there and mark[3] == covers[index][1]
    end
    if not is_there then
      vim.api.nvim_buf_clear_namespace(buffer, namespace, row, row + 1)
      for _, cover in ipairs(covers) do
        vim.api.nvim_buf_set_extmark(buffer, namespace, row, cover[1], {
          virt_text = { { rules.mask, 'EnvlspMask' } },
          virt_text_pos = 'inline',
          right_gravity = false,
        })
      end
    end
  end
end

---What is covered of a buffer, each part by itself: for whoever has to know it again.
---@param buffer integer
---@return string[]
function M.covered_texts(buffer)
  local found = {}
  for row, text in ipairs(buffers[buffer] and vim.api.nvim_buf_get_lines(buffer, 0, -1, false) or {}) do
    for _, cover in ipairs(covers_of(buffers[buffer], row - 1, text)) do
      table.insert(found, text:sub(cover[1] + 1, cover[2]))
    end
  end
  return found
end

---What may be seen of a line of which nothing was told.
---@param text string
---@return string
function M.seen(text)
  local first, last = seen_at_most:match_str(text)
  return first and text:sub(1, last) .. rules.mask or rules.mask
end

local function is_found(buffer)
  for _, finder in ipairs(finders) do
    if finder(buffer) then
      buffers[buffer] = {}
      return true
    end
  end
  return false
end

local hidden = vim.api.nvim_create_namespace('envlsp.hidden')

vim.api.nvim_set_decoration_provider(hidden, {
  on_win = function(_, window, buffer, top, bottom)
    if not buffers[buffer] and not is_found(buffer) then
      return false
    end
    local state = buffers[buffer]
    show_in(window)
    dot(buffer, state, top, math.min(bottom, vim.api.nvim_buf_line_count(buffer) - 1))
  end,
  on_line = function(_, _, buffer, row)
    for _, cover in ipairs(covers_of(buffers[buffer], row, text_of(buffer, row))) do
      vim.api.nvim_buf_set_extmark(buffer, hidden, row, cover[1], {
        end_col = cover[2],
        conceal = '',
        ephemeral = true,
        priority = 10000,
      })
    end
  end,
})

-- --- what the server tells ------------------------------------------------------------------------

local function in_bytes(buffer, told, encoding)
  local rows = vim.api.nvim_buf_get_lines(buffer, 0, -1, false)
  local live = {}
  for row, covers in ipairs(told) do
    live[row] = {}
    for index, cover in ipairs(covers) do
      if encoding == 'utf-8' then
        live[row][index] = { cover[1], cover[2] }
      else
        local text = rows[row] or ''
        live[row][index] = {
          vim.str_byteindex(text, encoding, cover[1], false),
          vim.str_byteindex(text, encoding, cover[2], false),
        }
      end
    end
  end
  return live
end

---Handle `envlsp/masks`.
function M.on_masks(_, params, context)
  local buffer = vim.uri_to_bufnr(params.uri)
  local client = vim.lsp.get_client_by_id(context.client_id)
  if not client or not vim.api.nvim_buf_is_loaded(buffer) then
    return
  end
  M.cover(buffer)
  local state = buffers[buffer]
  local is_whole = params['end'] == nil or params['end'] == vim.NIL
  if not is_whole and not state.told then
    return
  end
  local rows = is_whole and {} or vim.list_slice(state.told, 1, params.start)
  vim.list_extend(rows, params.lines)
  state.told = is_whole and rows or vim.list_extend(rows, state.told, params['end'] + 1)
  if params.version == vim.lsp.util.buf_versions[buffer] then
    state.live = in_bytes(buffer, state.told, client.offset_encoding)
  end
  vim.api.nvim__redraw({ buf = buffer, valid = false })
end

-- --- which buffers, and their windows -------------------------------------------------------------

---Whether a file is an env file, by its name.
---@param file string
function M.is_env_name(file)
  return vim.startswith(file, 'envlsp://') or (file ~= '' and vim.filetype.match({ filename = file }) == 'env')
end

local function is_env(buffer)
  return vim.bo[buffer].filetype == 'env'
    or vim.bo[buffer].syntax == 'env'
    or M.is_env_name(vim.api.nvim_buf_get_name(buffer))
end

local function cover_if_env(event)
  if M.is_covered(event.buf) or is_env(event.buf) then
    M.cover(event.buf)
  end
end

---Cover what is an env file by its name or its file type, from before it is read.
function M.setup()
  vim.api.nvim_set_hl(0, 'EnvlspMask', { link = 'Comment', default = true })
  local group = vim.api.nvim_create_augroup('envlsp.masks', {})
  vim.api.nvim_create_autocmd({ 'BufReadPre', 'BufReadPost', 'BufNewFile', 'BufFilePost', 'FileType' }, {
    group = group,
    callback = cover_if_env,
  })
  vim.api.nvim_create_autocmd('Syntax', { group = group, pattern = 'env', callback = cover_if_env })
  vim.api.nvim_create_autocmd({ 'BufWinEnter', 'WinEnter', 'WinNew', 'BufEnter' }, {
    group = group,
    callback = function(event)
      if M.is_covered(event.buf) then
        M.cover(event.buf)
      end
    end,
  })
  vim.api.nvim_create_autocmd('OptionSet', {
    group = group,
    pattern = vim.tbl_keys(SHOWN),
    callback = function()
      if M.is_covered(vim.api.nvim_get_current_buf()) then
        show(vim.api.nvim_get_current_buf())
      end
    end,
  })
  vim.api.nvim_create_autocmd('BufWipeout', {
    group = group,
    callback = function(event)
      buffers[event.buf] = nil
    end,
  })
  for _, part in ipairs({ 'private', 'words', 'elsewhere', 'previews', 'named' }) do
    require('envlsp.' .. part).setup()
  end
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    cover_if_env({ buf = buffer })
  end
end

return M
