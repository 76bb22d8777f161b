using System.Reflection;
using System.Text;
using Cake.Core;
using Cake.Core.IO;
using Cake.Core.Tooling;

namespace Cake.Kubectl;

internal sealed class KubectlTool<TSettings>(ICakeContext context)
    : Tool<TSettings>(context.FileSystem, context.Environment, context.ProcessRunner, context.Tools)
    where TSettings : AutoToolSettings
{
    public void Run(string command, TSettings settings)
    {
        var arguments = new ProcessArgumentBuilder().Append(command);
        foreach (var option in typeof(TSettings).GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
        {
            switch (option.GetValue(settings))
            {
                case null:
                    break;
                case bool given:
                    arguments.Append($"{NameOf(option)}={(given ? "true" : "false")}");
                    break;
                case var given:
                    arguments.AppendSwitchQuoted(NameOf(option), given.ToString());
                    break;
            }
        }
        Run(settings, arguments);
    }

    protected override string GetToolName() => "kubectl";

    protected override IEnumerable<string> GetToolExecutableNames() => ["kubectl", "kubectl.exe"];

    private static string NameOf(PropertyInfo option)
    {
        var name = new StringBuilder("-");
        foreach (var letter in option.Name)
        {
            if (char.IsUpper(letter))
            {
                name.Append('-');
            }

            name.Append(char.ToLowerInvariant(letter));
        }
        return name.ToString();
    }
}
