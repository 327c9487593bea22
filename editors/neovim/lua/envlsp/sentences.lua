-- The result of a verb as one line. Only wording: what is said is the server's, and no value is in it.
local M = {}

local function counts(change)
  return ('+%d ~%d -%d'):format(#change.added, #change.changed, #change.removed)
end

local function devices(count)
  return ('%d %s it'):format(count, count == 1 and 'device has' or 'devices have')
end

local function made(result)
  if result.made == false then
    return ('nothing to do: %s is as it is here'):format(result.release)
  end
  return ('%s: %s; %s'):format(result.release, counts(result.changed), devices(result.reached))
end

local SENTENCES = {
  push = made,
  save = made,
  set = made,
  rollback = made,
  resolve = made,
  adopt = made,
  pull = function(result)
    local kept = result.kept.added and counts(result.kept) or '+0 ~0 -0'
    local edits = kept ~= '+0 ~0 -0' and '; your edits stay: ' .. kept or ''
    return result.written and ('%s: %s%s'):format(result.release, counts(result.changed), edits)
      or ('the file is at %s%s'):format(result.release, edits)
  end,
  switch = function(result)
    return ('commands here are about %s now: %s'):format(result.env, result.file)
  end,
  sync = function(result)
    if result.reached == 0 then
      return 'nobody else is there now'
    end
    return ('%d reached, %d new; %s'):format(result.reached, result.received, devices(result.held_by))
  end,
  ['mask.toggle'] = function(result)
    return result.masked and 'values are covered' or 'values are seen in this editor until :EnvMask'
  end,
  ['presentation.toggle'] = function(result)
    return result.presenting and 'presenting: nothing is revealed or copied until :EnvPresent' or 'presenting is over'
  end,
  lock = function()
    return 'locked: nothing is read here until :EnvUnlock'
  end,
  unlock = function()
    return 'unlocked'
  end,
  join = function(result)
    return ('you are in the team of %s; :EnvPull writes your .env'):format(result.inviter)
  end,
  invite = function(result)
    return result.joined and ('%s has joined'):format(result.joined) or ('the link: %s'):format(result.link)
  end,
  ['access.grant'] = function(result)
    return result.joined and ('%s has joined'):format(result.joined)
      or ('%s is %s%s'):format(result.name, result.role, result.changed and '' or ' already')
  end,
  ['access.revoke'] = function(result)
    return result.removed and ('%s is no longer in the team'):format(result.name)
      or ('%s no longer reads %s'):format(result.name, result.scope)
  end,
}

---One line about a result.
---@param verb string of the server, without `envlsp.`
---@param result table
function M.of(verb, result)
  if SENTENCES[verb] then
    return SENTENCES[verb](result)
  end
  return table.concat(require('envlsp.rows').lines(verb, result), ' · ')
end

return M
