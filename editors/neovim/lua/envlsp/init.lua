-- Commands and questions, passed on: everything is decided by the server.
local M = {}

---@return vim.lsp.Client?
local function client_of(bufnr)
  return vim.lsp.get_clients({ name = 'envlsp', bufnr = bufnr })[1]
end

---@param command string
---@param arguments table
---@param on_result fun(result: any)
local function execute(command, arguments, on_result)
  local bufnr = vim.api.nvim_get_current_buf()
  local client = client_of(bufnr)
  if not client then
    vim.notify("envlsp: no server for this file; is vim.lsp.enable('envlsp') in your config?", vim.log.levels.ERROR)
    return
  end
  arguments.uri = vim.uri_from_bufnr(bufnr)
  client:request('workspace/executeCommand', { command = command, arguments = { arguments } }, function(failure, result)
    if failure then
      vim.notify(failure.message, vim.log.levels.ERROR)
    else
      on_result(result)
    end
  end, bufnr)
end

---@param message string
function M.push(message)
  execute('envlsp.push', { message = message ~= '' and message or nil }, function() end)
end

---@param force boolean
function M.pull(force)
  execute('envlsp.pull', { force = force or nil }, function() end)
end

M.execute = execute

local hide = function() end

-- The value is in a buffer of its own that cannot be entered and is gone when it closes; it passes no
-- register, no message and no file.
local function show(value, expires_s)
  hide()
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.bo[buffer].bufhidden = 'wipe'
  vim.bo[buffer].undolevels = -1
  local lines = vim.split(value, '\n', { plain = true })
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  local width = 1
  for _, line in ipairs(lines) do
    width = math.max(width, vim.fn.strdisplaywidth(line))
  end
  local window = vim.api.nvim_open_win(buffer, false, {
    relative = 'cursor',
    row = 1,
    col = 0,
    width = math.min(width, vim.o.columns - 4),
    height = math.min(#lines, 10),
    style = 'minimal',
    border = 'rounded',
    focusable = false,
    noautocmd = true,
  })
  local group = vim.api.nvim_create_augroup('envlsp.reveal', {})
  local function close()
    if vim.api.nvim_win_is_valid(window) then
      vim.api.nvim_win_close(window, true)
      vim.api.nvim_clear_autocmds({ group = group })
    end
  end
  vim.api.nvim_create_autocmd({ 'CursorMoved', 'CursorMovedI', 'InsertEnter', 'WinLeave', 'BufLeave', 'FocusLost' }, {
    group = group,
    callback = close,
  })
  vim.defer_fn(close, expires_s * 1000)
  hide = close
end

---@param name string
function M.reveal(name)
  local client = client_of(0)
  local here = client and vim.lsp.util.make_position_params(0, client.offset_encoding).position
  execute('envlsp.reveal', name ~= '' and { name = name } or { position = here }, function(result)
    show(result.value, result.expires_s)
  end)
end

-- Handlers of requests run in a coroutine, so they may wait for the person.
local function wait_for(ask)
  local waiting = assert(coroutine.running())
  local answer, is_answered, is_waiting
  ask(function(given)
    answer, is_answered = given, true
    if is_waiting then
      coroutine.resume(waiting)
    end
  end)
  if not is_answered then
    is_waiting = true
    coroutine.yield()
  end
  return answer
end

M.handlers = {
  ['envlsp/masks'] = function(...)
    require('envlsp.masks').on_masks(...)
  end,
  ['envlsp/input'] = function(_, params)
    local prompt = params.title .. ': '
    local given
    if params.password then
      given = vim.fn.inputsecret({ prompt = prompt, cancelreturn = vim.NIL })
    else
      given = wait_for(function(answer)
        vim.ui.input({ prompt = prompt, default = params.value }, answer)
      end)
    end
    return { value = given == nil and vim.NIL or given }
  end,
  ['envlsp/pick'] = function(_, params)
    local picked = wait_for(function(answer)
      vim.ui.select(params.items, {
        prompt = params.title,
        format_item = function(item)
          return item.detail and item.detail ~= '' and (item.label .. '  ' .. item.detail) or item.label
        end,
      }, answer)
    end)
    return { value = picked and picked.value or vim.NIL }
  end,
}

return M
