if !has('vim9script') || v:versionlong < 9000622
  echomsg 'envlsp: this Vim is older than 9.0.622; it covers no value and has no :Env command'
  finish
endif
vim9script noclear
# What is there from the start: which files are env files, their covers, and the commands.
if exists('g:loaded_envlsp')
  finish
endif
g:loaded_envlsp = true

import autoload 'envlsp/masks.vim'
import autoload 'envlsp/private.vim'
import autoload 'envlsp/documents.vim'
import autoload 'envlsp/named.vim'
import autoload 'envlsp/commands.vim'
import autoload 'envlsp/standing.vim'
import autoload 'envlsp/server.vim'

augroup envlsp
  autocmd!
  # Before the file is read, so that no copy of it is begun; and covered before it is drawn.
  autocmd BufReadPre,BufNewFile,BufFilePost {.[eE][nN][vV],.[eE][nN][vV].*,*.[eE][nN][vV],*.[eE][nN][vV]~} private.Guard(expand('<abuf>')->str2nr())
  autocmd BufRead,BufNewFile,BufFilePost {.[eE][nN][vV],.[eE][nN][vV].*,*.[eE][nN][vV],*.[eE][nN][vV]~} setlocal filetype=env
  # Of files with other names the server tells.
  autocmd BufReadPre,BufNewFile,BufFilePost * named.Before(expand('<abuf>')->str2nr())
  autocmd BufRead,BufNewFile,BufFilePost * named.Take(expand('<abuf>')->str2nr())
  autocmd FileType env {
    const buffer = expand('<abuf>')->str2nr()
    private.Guard(buffer)
    masks.Cover(buffer)
    documents.Open(buffer)
  }
  # The file itself may say otherwise in a modeline, and so may any other plugin.
  autocmd OptionSet swapfile,undofile,complete private.Again(bufnr())
  autocmd BufWinEnter,BufEnter,InsertEnter,TextChanged,CursorMoved * private.Again(expand('<abuf>')->str2nr())
  autocmd BufWinEnter,WinNew,WinEnter,BufEnter,TabEnter,VimEnter * masks.Show()
  autocmd OptionSet conceallevel,concealcursor,foldtext masks.Show()
  autocmd BufWritePre * private.BeforeWrite(expand('<abuf>')->str2nr())
  autocmd BufWritePost * documents.Saved(expand('<abuf>')->str2nr())
  # A file that is read again is no change that Vim tells listeners of.
  autocmd FileChangedShellPost * documents.Update(expand('<abuf>')->str2nr())
  autocmd BufUnload * {
    const buffer = expand('<abuf>')->str2nr()
    documents.Close(buffer)
    masks.Forget(buffer)
    standing.Moved(buffer)
  }
  autocmd BufFilePost * standing.Moved(expand('<abuf>')->str2nr())
  autocmd BufReadCmd envlsp://* documents.Read(expand('<abuf>')->str2nr())
  autocmd BufWriteCmd envlsp://* documents.Write(expand('<abuf>')->str2nr())
augroup END

command! -nargs=* -bang -complete=customlist,envlsp#complete#Words EnvPush commands.Run('Push', [<f-args>], <bang>false)
command! -nargs=* -bang -complete=customlist,envlsp#complete#Words EnvPull commands.Run('Pull', [<f-args>], <bang>false)
command! -nargs=* -complete=customlist,envlsp#complete#Words EnvStatus commands.Run('Status', [<f-args>], false)
command! -nargs=* -complete=customlist,envlsp#complete#Words EnvLog commands.Run('Log', [<f-args>], false)
command! -nargs=* -complete=customlist,envlsp#complete#Words EnvDiff commands.Run('Diff', [<f-args>], false)
command! -nargs=* -complete=customlist,envlsp#complete#Words EnvRollback commands.Run('Rollback', [<f-args>], false)
command! -nargs=* -complete=customlist,envlsp#complete#Words EnvResolve commands.Run('Resolve', [<f-args>], false)
command! -nargs=* -complete=customlist,envlsp#complete#Words EnvSet commands.Run('Set', [<f-args>], false)
command! -nargs=* -complete=customlist,envlsp#complete#Words EnvReveal commands.Run('Reveal', [<f-args>], false)
command! -nargs=* -complete=customlist,envlsp#complete#Words EnvCopy commands.Run('Copy', [<f-args>], false)
command! -nargs=* -complete=customlist,envlsp#complete#Words EnvSwitch commands.Run('Switch', [<f-args>], false)
command! -nargs=* -complete=customlist,envlsp#complete#Words EnvOpen commands.Run('Open', [<f-args>], false)
command! -nargs=* -complete=customlist,envlsp#complete#Words EnvInvite commands.Run('Invite', [<f-args>], false)
command! -nargs=* -complete=customlist,envlsp#complete#Words EnvJoin commands.Run('Join', [<f-args>], false)
command! -nargs=* -complete=customlist,envlsp#complete#Words EnvAccess commands.Run('Access', [<f-args>], false)
command! -nargs=* -complete=customlist,envlsp#complete#Words EnvSync commands.Run('Sync', [<f-args>], false)
command! -nargs=* -complete=customlist,envlsp#complete#Words EnvMask commands.Run('Mask', [<f-args>], false)
command! -nargs=* -complete=customlist,envlsp#complete#Words EnvPresent commands.Run('Present', [<f-args>], false)
command! -nargs=* -complete=customlist,envlsp#complete#Words EnvLock commands.Run('Lock', [<f-args>], false)
command! -nargs=* -complete=customlist,envlsp#complete#Words EnvUnlock commands.Run('Unlock', [<f-args>], false)
command! -nargs=+ -complete=customlist,envlsp#complete#Words Env commands.Any([<f-args>])
command! -nargs=0 EnvStop server.Stop()
