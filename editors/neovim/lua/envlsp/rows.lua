-- The result of a verb as lines to read. Only layout: what is said is the server's, and no
-- value of a secret is in it.
local M = {}

local UNSAID = { schema = true, uri = true, text = true, id = true }
local MARKS = { added = '+', changed = '~', removed = '-' }

local function is_nothing(value)
  return value == nil or value == vim.NIL or value == '' or (type(value) == 'table' and next(value) == nil)
end

local function is_time(name)
  return name == 'ts' or name == 'last_seen' or name == 'last_met' or name == 'not_after' or name == 'as_of'
end

local function plain(name, value)
  if value == true or value == false then
    return value and 'yes' or 'no'
  elseif type(value) == 'number' then
    return is_time(name) and os.date('%Y-%m-%d %H:%M', value) --[[@as string]]
      or ('%d'):format(value)
  end
  return (tostring(value):gsub('%c', ' '))
end

local function counts(change)
  return ('+%d ~%d -%d'):format(#change.added, #change.changed, #change.removed)
end

local function joined(values, of)
  return table.concat(vim.tbl_map(of or tostring, values), ', ')
end

-- Null is no entry of a table in Lua, and a list ends where one is missing.
local function cells(...)
  local found = { ... }
  for at = 1, select('#', ...) do
    found[at] = (is_nothing(found[at]) or found[at] == false) and '' or plain('', found[at])
  end
  return found
end

-- What of a thing is shown in a list of such things; what is not named here is shown as its fields.
local COLUMNS = {
  releases = function(one)
    return cells(one.release, plain('ts', one.ts), one.author, counts(one), one.void and 'void', one.message, one.why)
  end,
  changes = function(one)
    return cells(MARKS[one.change], one.name, one.old_mark, one.new_mark)
  end,
  secrets = function(one)
    return cells(one.name, one.mark)
  end,
  members = function(one)
    local devices = joined(one.devices, function(device)
      return device.label
    end)
    local note = one.you and 'you' or not one.trusted and 'to be confirmed: :EnvAccess confirm'
    return cells(one.name, one.address, one.role, devices, note)
  end,
  environments = function(one)
    local place = one.app ~= '' and one.app .. ':' .. one.env or one.env
    return cells(place, one.release or 'no release yet', ('%d names'):format(one.names), one.role, one.archived and 'archived')
  end,
  peers = function(one)
    return cells(one.name, one.state, one.path, one.in_sync and 'in step', one.last_seen and plain('last_seen', one.last_seen))
  end,
  invitations = function(one)
    return cells(one.id, one.status, one.role, one.address, ('%d of %d used'):format(one.uses, one.max_uses))
  end,
  checks = function(one)
    return cells(one.status, one.name, one.says .. (is_nothing(one.fix) and '' or '  fix: ' .. one.fix))
  end,
}

local function fields_of(one)
  local found = {}
  for name, value in vim.spairs(one) do
    if not is_nothing(value) and type(value) ~= 'table' and not UNSAID[name] then
      table.insert(found, name:gsub('_', ' ') .. ' ' .. plain(name, value))
    end
  end
  return { table.concat(found, ' · ') }
end

local function aligned(rows)
  local widths = {}
  for _, row in ipairs(rows) do
    for at, cell in ipairs(row) do
      widths[at] = math.max(widths[at] or 0, vim.fn.strdisplaywidth(cell))
    end
  end
  return vim.tbl_map(function(row)
    local line = ''
    for at, cell in ipairs(row) do
      local gap = widths[at] == 0 and 0 or widths[at] - vim.fn.strdisplaywidth(cell) + 2
      line = line .. cell .. (' '):rep(gap)
    end
    return (line:gsub('%s+$', ''))
  end, rows)
end

-- What stands above the lists of a result: its own words where there are some, else its plain fields.
local HEADS = {
  status = function(one)
    local place = one.app ~= '' and one.app .. ':' .. one.env or one.env
    local function names(list)
      return #list > 0 and table.concat(list, ', ') or nil
    end
    return {
      cells(place, one.release or 'no release yet'),
      cells('file', one.file .. (one.exists and '' or ', which is not there yet')),
      cells('based on', one.based_on),
      cells('behind', one.behind > 0 and ('%d: :EnvPull'):format(one.behind)),
      cells('added', names(one.added)),
      cells('changed', names(one.changed)),
      cells('removed', names(one.removed)),
      cells('in conflict', #one.conflicts > 0 and names(one.conflicts) .. ': :EnvResolve'),
      cells('held by', ('%d of %d other devices'):format(one.held_by, one.devices)),
      cells('you', one.member and one.role or 'no longer in the team'),
      cells('device', one.lock.protection .. (one.lock.locked and ', locked: :EnvUnlock' or '')),
    }
  end,
  diff = function(one)
    return { cells(('%s → %s'):format(one.old, one.new), #one.changes == 0 and 'no difference' or 'what differs') }
  end,
  log = function()
    return {}
  end,
}

local function head_of(verb, result)
  if HEADS[verb] then
    return vim.tbl_filter(function(row)
      return row[2] ~= ''
    end, HEADS[verb](result))
  end
  local found = {}
  for name, value in vim.spairs(result) do
    local title = (name:gsub('_', ' '))
    if UNSAID[name] or is_nothing(value) then
      -- nothing to say
    elseif type(value) ~= 'table' then
      table.insert(found, { title, plain(name, value) })
    elseif not vim.islist(value) then
      table.insert(found, { title, fields_of(value)[1] })
    elseif type(value[1]) ~= 'table' then
      table.insert(found, { title, joined(value) })
    end
  end
  return found
end

local function lists_of(result)
  local found = {}
  for name, value in vim.spairs(result) do
    if type(value) == 'table' and vim.islist(value) and type(value[1]) == 'table' then
      table.insert(found, name)
    end
  end
  return found
end

---The lines of a result, and what each line is about where it is one of a list.
---@param verb string of the server, without `envlsp.`
---@param result table
---@return string[] lines, table<integer, table> things
function M.lines(verb, result)
  local lines, things = aligned(head_of(verb, result)), {}
  local lists = lists_of(result)
  for _, name in ipairs(lists) do
    if #lines > 0 then
      table.insert(lines, '')
    end
    if #lists > 1 then
      table.insert(lines, name)
    end
    for at, line in ipairs(aligned(vim.tbl_map(COLUMNS[name] or fields_of, result[name]))) do
      table.insert(lines, line)
      things[#lines] = result[name][at]
    end
  end
  return lines, things
end

return M
