-- What the server asks the person: a line of text, or which of several.
-- Spec: docs/lsp-extensions.md, "envlsp/input" and "envlsp/pick".
local M = {}

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

---Handle `envlsp/input`. What is typed unseen is in no history, and what is typed may let somebody into a
---team, so it is taken out of the one that Neovim keeps.
function M.input(_, params)
  local prompt = params.title .. ': '
  local given
  if params.password then
    given = vim.fn.inputsecret({ prompt = prompt, cancelreturn = vim.NIL })
  else
    given = wait_for(function(answer)
      vim.ui.input({ prompt = prompt, default = params.value }, answer)
    end)
    if given and vim.fn.histget('@', -1) == given then
      vim.fn.histdel('@', -1)
    end
  end
  return { value = given == nil and vim.NIL or given }
end

local function width_of(items)
  local width = 0
  for _, item in ipairs(items) do
    width = math.max(width, vim.fn.strdisplaywidth(item.label))
  end
  return width
end

---Handle `envlsp/pick`: labels beneath each other, and so their details.
function M.pick(_, params)
  local width = width_of(params.items)
  local picked = wait_for(function(answer)
    vim.ui.select(params.items, {
      prompt = params.title,
      kind = 'envlsp',
      format_item = function(item)
        local gap = (' '):rep(width + 2 - vim.fn.strdisplaywidth(item.label))
        return item.detail and item.detail ~= '' and (item.label .. gap .. item.detail) or item.label
      end,
    }, answer)
  end)
  return { value = picked and picked.value or vim.NIL }
end

return M
