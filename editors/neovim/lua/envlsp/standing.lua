-- Where the projects stand, as the server told it last, and the words of the status line about it.
-- The words of a buffer are made when something has changed, and kept: a redraw only takes them.
-- Spec: docs/lsp-extensions.md, "envlsp/status".
local M = {}

---What each server told last, by the id of its client.
---@type table<integer, table>
local told = {}

---@type table<integer, string>
local kept = {}

---How many names of a buffer nobody pushed yet.
---@type table<integer, integer>
local ahead = {}

local function redraw()
  vim.schedule(function()
    vim.cmd.redrawstatus({ bang = true })
  end)
end

local function forget()
  kept = {}
  redraw()
end

---Handle `envlsp/status`.
function M.on_status(_, params, context)
  told[context.client_id] = params
  forget()
  vim.api.nvim_exec_autocmds('User', { pattern = 'EnvlspStatus', modeline = false })
end

---Note that a server has ended: nothing is known any more.
---@param client integer
function M.ended(client)
  told[client] = nil
  forget()
end

---@param buffer integer
---@param count integer
function M.ahead(buffer, count)
  if ahead[buffer] ~= count then
    ahead[buffer] = count
    kept[buffer] = nil
    redraw()
  end
end

local function of_client(buffer)
  local client = vim.lsp.get_clients({ name = 'envlsp', bufnr = buffer })[1]
  return client and told[client.id]
end

-- A document of the team is of the project and environment that its name says.
local function names_it(project, environment, uri)
  local place = ('/%s/%s/%s'):format(project.name, environment.app, environment.env)
  return vim.startswith(uri, 'envlsp://' .. project.team .. place)
end

---The project that a buffer is of, and the environment whose file it is.
---@param buffer integer
---@return table? project, table? environment, table? status
function M.spot(buffer)
  local status = of_client(buffer)
  if not status then
    return nil
  end
  local uri = vim.uri_from_bufnr(buffer)
  local found
  for _, project in ipairs(status.projects) do
    for _, environment in ipairs(project.environments) do
      if environment.uri == uri or names_it(project, environment, uri) then
        return project, environment, status
      end
    end
    local is_inside = vim.startswith(uri, (project.uri:gsub('/$', '')) .. '/')
    if is_inside and (not found or #project.uri > #found.uri) then
      found = project
    end
  end
  return found or status.projects[1], nil, status
end

local function of_environment(parts, environment, buffer)
  table.insert(parts, environment.app ~= '' and environment.app .. ':' .. environment.env or environment.env)
  vim.list_extend(parts, environment.releases)
  if (ahead[buffer] or 0) > 0 then
    table.insert(parts, '↑' .. ahead[buffer])
  end
  if environment.behind > 0 then
    table.insert(parts, '↓' .. environment.behind)
  end
  if #environment.conflicts > 0 then
    table.insert(parts, '✗' .. #environment.conflicts)
  end
end

local function words(buffer)
  local project, environment, status = M.spot(buffer)
  if not project or not status then
    return ''
  end
  local parts = {}
  if project.standing ~= 'ready' then
    table.insert(parts, (project.name ~= '' and project.name or 'envlsp') .. ': ' .. project.standing:gsub('%-', ' '))
  elseif environment then
    of_environment(parts, environment, buffer)
  else
    table.insert(parts, project.name)
  end
  if status.peers > 0 then
    table.insert(parts, ('%d online'):format(status.peers))
  end
  if status.presenting then
    table.insert(parts, 'presenting')
  elseif not status.masked then
    table.insert(parts, 'unmasked')
  end
  return (table.concat(parts, ' '):gsub('%c', ' '))
end

---The words for the status line of the buffer that it is drawn for.
---@return string
function M.line()
  local buffer = vim.api.nvim_get_current_buf()
  if not kept[buffer] then
    kept[buffer] = words(buffer)
  end
  return kept[buffer]
end

---Note that a buffer is of another server now, or gone.
---@param buffer integer
function M.moved(buffer)
  if kept[buffer] then
    kept[buffer] = nil
    redraw()
  end
end

---What each server told last.
function M.all()
  return told
end

---Whether something can be asked without anybody being asked for a passphrase.
---@param buffer integer
function M.is_ready(buffer)
  local project = M.spot(buffer)
  return project ~= nil and project.standing == 'ready'
end

return M
