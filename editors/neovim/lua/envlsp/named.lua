-- Env files whose names do not say so: the server tells which ones `ev.yaml` gives to an environment.
--
-- Such a file gets the type that `.env` has by its name, and everything else follows from its type. Because
-- nobody else can tell, the server is started with the first file of a project, whatever that is.
local M = {}

---@type table<string, table<string, true>> by root of a project: the paths of its files
local named = {}

local function is_named(path)
  return vim.iter(named):any(function(_, files)
    return files[path]
  end)
end

-- What was said to Neovim of a path cannot be taken back, so each time it is looked up again.
local function type_of(path, buffer)
  return is_named(path) and require('envlsp.previews').type_of(path, buffer) or nil
end

local function take(buffer)
  local path = vim.fs.normalize(vim.api.nvim_buf_get_name(buffer))
  if vim.api.nvim_buf_is_loaded(buffer) and vim.bo[buffer].filetype ~= 'env' and is_named(path) then
    vim.bo[buffer].filetype = 'env'
  end
end

---Handle `envlsp/files`.
function M.on_files(_, params, context)
  local client = vim.lsp.get_client_by_id(context.client_id)
  local files, types = {}, {}
  for _, uri in ipairs(params.uris) do
    local path = vim.fs.normalize(vim.uri_to_fname(uri))
    files[path], types[path] = true, type_of
  end
  named[client and client.root_dir or ''] = files
  vim.filetype.add({ filename = types })
  vim.iter(vim.api.nvim_list_bufs()):each(take)
end

-- Only who has said that the server is to run is meant.
local function is_wanted(buffer)
  local path = vim.api.nvim_buf_is_valid(buffer) and vim.api.nvim_buf_get_name(buffer) or ''
  return path ~= ''
    and vim.bo[buffer].buftype == ''
    and not path:find('^%a[%w+.-]+://')
    and vim.lsp.is_enabled
    and vim.lsp.is_enabled('envlsp')
    and vim.fs.root(path, 'ev.yaml')
end

local function ask(buffer)
  if is_wanted(buffer) then
    require('envlsp.server').have(buffer, function() end)
  end
end

function M.setup()
  vim.api.nvim_create_autocmd({ 'BufReadPre', 'BufNewFile' }, {
    group = vim.api.nvim_create_augroup('envlsp.named', {}),
    callback = vim.schedule_wrap(function(event)
      ask(event.buf)
    end),
  })
end

return M
