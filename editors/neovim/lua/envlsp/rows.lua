-- Lays out the words that the server has for a result: cells beneath each other, lists apart.
-- Spec: docs/lsp-extensions.md, "Commands".
local M = {}

local function width(cell)
  return vim.fn.strdisplaywidth(cell)
end

-- Rows about the same list have columns of one width.
local function widths_of(rows)
  local found = {}
  for _, row in ipairs(rows) do
    found[row.of] = found[row.of] or {}
    for at, cell in ipairs(row.cells) do
      found[row.of][at] = math.max(found[row.of][at] or 0, width(cell))
    end
  end
  return found
end

local function line_of(row, widths)
  local line = ''
  for at, cell in ipairs(row.cells) do
    local gap = widths[at] == 0 and 0 or widths[at] - width(cell) + 2
    line = line .. cell .. (' '):rep(gap)
  end
  return (line:gsub('%s+$', ''))
end

---The lines of a result, and of each line the thing that it is about.
---@param result table with `said`
---@return string[] lines, table<integer, table> things
function M.lines(result)
  local lines, things = {}, {}
  local rows = (result.said or {}).rows or {}
  local widths = widths_of(rows)
  for at, row in ipairs(rows) do
    if at > 1 and row.of ~= rows[at - 1].of then
      table.insert(lines, '')
    end
    table.insert(lines, line_of(row, widths[row.of]))
    things[#lines] = row.of ~= '' and result[row.of] and result[row.of][row.at + 1] or nil
  end
  return lines, things
end

---One line about a result.
---@param result table with `said`
function M.sentence(result)
  return (result.said or {}).sentence or 'done'
end

return M
