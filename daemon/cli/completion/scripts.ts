/** What a shell is told: to ask `semantica completions` for the words at each Tab. */
export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type Shell = (typeof SHELLS)[number];

export const SCRIPTS: Readonly<Record<Shell, string>> = {
	bash: `# semantica completions bash
_semantica() {
	local line
	COMPREPLY=()
	while IFS= read -r line; do
		COMPREPLY+=("\${line%%$'\\t'*}")
	done < <("\${COMP_WORDS[0]}" completions bash --words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _semantica semantica
`,
	zsh: `#compdef semantica
# semantica completions zsh
_semantica() {
	local line
	local -a lines described
	lines=("\${(@f)$("\${words[1]}" completions zsh --words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
	for line in $lines; do
		[[ -n $line ]] && described+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
	done
	if (( \${#described} )); then
		_describe -V 'semantica' described
	else
		_files
	fi
}
if [[ \${funcstack[1]} == _semantica ]]; then
	_semantica "$@"
else
	compdef _semantica semantica
fi
`,
	fish: `# semantica completions fish
function __semantica_complete
	set -l words (commandline -opc)
	set -l current (commandline -ct)
	set -l program $words[1]
	set -e words[1]
	set -l found ($program completions fish --words -- $words "$current" 2>/dev/null)
	if test (count $found) -gt 0
		string join \\n -- $found
	else
		__fish_complete_path "$current"
	end
end
complete -c semantica -f -k -a '(__semantica_complete)'
`,
	powershell: `# semantica completions powershell
Register-ArgumentCompleter -Native -CommandName semantica -ScriptBlock {
	param($wordToComplete, $commandAst, $cursorPosition)
	$words = @($commandAst.CommandElements | Select-Object -Skip 1 |
		Where-Object { $_.Extent.StartOffset -lt $cursorPosition } | ForEach-Object { $_.ToString() })
	if ($wordToComplete -eq '') { $words += ' ' }
	semantica completions powershell --words '--' @words 2>$null | ForEach-Object {
		$name, $text = $_ -split "\`t", 2
		if (-not $text) { $text = $name }
		[System.Management.Automation.CompletionResult]::new($name, $name, 'ParameterValue', $text)
	}
}
`,
};
