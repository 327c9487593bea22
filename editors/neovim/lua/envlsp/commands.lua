-- The verbs that need no more than a word: each is one command of the server.
local M = {}

local function lines_of(result)
  local lines = {}
  for key, value in vim.spairs(result or {}) do
    if type(value) ~= 'table' then
      table.insert(lines, key .. ': ' .. tostring(value))
    end
    for _, row in ipairs(type(value) == 'table' and value or {}) do
      local one = type(row) == 'table' and row.release and vim.trim(row.release .. '  ' .. tostring(row.message or ''))
      table.insert(lines, key .. ': ' .. (one or type(row) == 'string' and row or vim.json.encode(row)))
    end
  end
  return table.concat(lines, '\n')
end

-- The name after :Env, the server's command, the argument that a word is, and what it does.
local VERBS = {
  { 'Status', 'status', nil, 'How the file stands to the newest release' },
  { 'Log', 'log', nil, 'The releases' },
  { 'Diff', 'diff', 'from', 'What changed since a release' },
  { 'Rollback', 'rollback', 'release', 'Make an older release the newest one' },
  { 'Resolve', 'resolve', 'name', 'Decide between releases that disagree' },
  { 'Switch', 'switch', 'name', 'Which environment commands are about' },
  { 'Sync', 'sync', nil, 'Exchange news with teammates' },
  { 'Mask', 'mask.toggle', nil, 'Take the masks off, or put them on' },
  { 'Present', 'presentation.toggle', nil, 'While presenting nothing is revealed or copied' },
  { 'Lock', 'lock', nil, 'Forget the keys until the passphrase is typed' },
}

---@param execute fun(command: string, arguments: table, on_result: fun(result: any))
function M.setup(execute)
  for _, verb in ipairs(VERBS) do
    local name, command, argument, says = unpack(verb, 1, 4)
    vim.api.nvim_create_user_command('Env' .. name, function(given)
      local arguments = argument and given.args ~= '' and { [argument] = given.args } or {}
      execute('envlsp.' .. command, arguments, function(result)
        vim.notify(lines_of(result))
      end)
    end, { nargs = argument and '?' or 0, desc = says })
  end
end

return M
